"""The chat template, a ChatML dialect with tools; the server renders it with its own Jinja."""

from __future__ import annotations

from typing import Final

CHAT_TEMPLATE: Final = """\
{%- set ns = namespace(system='') -%}
{%- for message in messages if message.role == 'system' -%}
{%- set ns.system = ns.system + message.content + '\\n' -%}
{%- endfor -%}
{%- if tools -%}
{%- set ns.system = ns.system + 'Tools, one JSON description a line:\\n' -%}
{%- for tool in tools -%}
{%- set ns.system = ns.system + (tool | tojson) + '\\n' -%}
{%- endfor -%}
{%- set ns.system = ns.system + 'To call one: <tool_call>{"name": NAME, "arguments": OBJECT}</tool_call>' -%}
{%- endif -%}
{%- if ns.system -%}
{{- '<|im_start|>system\\n' + ns.system + '<|im_end|>\\n' -}}
{%- endif -%}
{%- for message in messages if message.role != 'system' -%}
{%- if message.role == 'tool' -%}
{{- '<|im_start|>user\\n<tool_response>' + message.content + '</tool_response>' -}}
{%- else -%}
{{- '<|im_start|>' + message.role + '\\n' -}}
{%- if message.content -%}
{{- message.content -}}
{%- endif -%}
{%- for call in message.tool_calls or [] -%}
{{- '<tool_call>{"name": "' + call.function.name + '", "arguments": ' -}}
{{- call.function.arguments | tojson -}}
{{- '}</tool_call>' -}}
{%- endfor -%}
{%- endif -%}
{{- '<|im_end|>\\n' -}}
{%- endfor -%}
{%- if add_generation_prompt -%}
{{- '<|im_start|>assistant\\n' -}}
{%- if tools and messages[-1].role != 'tool' -%}
{{- '<|call_ready|>' -}}
{%- endif -%}
{%- endif -%}
"""
"""
The turns of a chat as one prompt.

System messages are gathered in front, with the tools. ``<|call_ready|>`` ends the prompt where a tool may be
called next: not without tools, and not right after a tool's result, which is answered in words.
"""
