"""
Build ``src/playhead/format/builtin.zdict``, the dictionary small cassettes are compressed with.

It is trained on made-up calls: our entry layout, vendors' field names, tool schemas, and the English of prompts and
answers as models write it. Nothing in it was recorded from anyone. A published dictionary is never changed: a better
one gets the next id and a file of its own.

    python tools/build_dictionary.py
"""

from __future__ import annotations

import base64
import json
import random
from hashlib import sha256
from pathlib import Path
from typing import Any

import zstandard

from playhead.core.calls import Volatile, compose_call, encode_outcome, outcome_fields, request_fields
from playhead.core.canonical import encode, encode_normal
from playhead.core.fingerprint import fingerprint
from playhead.core.model import Completion, CompletionRequest, Failure, Family, Origin, Outcome, Stream, ToolCall
from playhead.core.usage import Usage
from playhead.format.numbers import BUILTIN_DICTIONARY
from playhead.format.parts import split_request

TARGET = Path(__file__).parents[1] / "src/playhead/format/builtin.zdict"
SIZE = 48 * 1024
SAMPLES = 4000

OPENERS = """You are a helpful assistant.|You are an expert software engineer.|You are a careful analyst who answers
in one sentence.|You are a customer support agent for an online store.|Answer the question using only the context
below.|Extract the following fields from the text and return valid JSON.|Summarize the following text in three bullet
points.|Translate the following sentence into French.|Translate this into German, keeping the tone.|Classify the
sentiment of this review as positive, negative or neutral.|Write a short story about|Explain step by step how|What is
the capital of France?|What is the weather in Paris today?|Tell me a joke about|Give me a list of|Write a Python
function that|Fix the bug in this code and explain what was wrong.|Think carefully before you answer.|Do not make up
facts; say that you do not know if you are not sure.|Respond with a JSON object that matches the schema.|Use the tools
available to you when you need to.|Please respond in English.|Keep your answer brief.|How do I|Why does|Can you help me
with|Compare the following two options and recommend one.|The user asked the following question:|Current date:|Context:
|Question:|Answer:|Instructions:|Example:|Input:|Output:""".replace("\n", " ").split("|")

ANSWERS = """Sure! Here is|Certainly! Here's a|I'm sorry, but I can't help with that.|I apologize for the confusion.|The
capital of France is Paris.|Here are three|Based on the context provided,|In summary,|Let me know if you have any other
questions.|I hope this helps!|First, we need to|Next,|Finally,|However,|For example,|This means that|It is important to
note that|There are several ways to|The answer is|To do this, you can use|In this case,|As an AI language model, I|It
looks like|The main difference between|On the other hand,|The current weather in|degrees|I don't have access to
real-time information|Would you like me to|Once upon a time, there was a|The function returns|This will print|You can
install it with|If you have any questions, please let me know.|According to the document,|The result of the|is a popular
|has been|could be|should be|would be|such as|as well as|because of|in order to|one of the most|a number of|the
following""".replace("\n", " ").split("|")

WORDS = """the of and to in a is that for it as was with be by on not he his but at are this have from or had an they which
one you were all her she there would their we him been has when who will no more if out so up said what its about than
into them can only other time new some could these two may first then do any like my now over such our man me even most
made after also did many before must through years where much your way well down should because each just those people
too how little state good very make world still see own work men long here get both between life being under never day
same another know while last might us great old year off come since against go came right used take three states himself
few house use during without again place around however home small found thought went say part once general high upon
school every don't does got united left number course war until always away something fact public though water less put
think almost hand enough far took head yet government system set better told nothing night end why called eyes find going
look asked later knew point next program city business give group toward young days let room president side social given
present several order national possible rather second face per among form important often things looked early white case
become large need big four within felt children along saw best church ever least power development light thing seemed
family interest want members mind country area others done turned although open god service certain kind problem began
different door thus help means sense whole matter model data user error message example result value string number list
object function return class file code test name type description required response request content context answer
question information text language python import print true false null date time price product customer account email
address street city country company employee manager meeting project team report analysis summary review rating image
document page section title author weather temperature location search query database server client version update install
run build deploy configuration parameter argument option default variable loop array index key token output input""".split()

TOOLS: list[dict[str, Any]] = [
    {
        "type": "function",
        "function": {
            "name": name,
            "description": description,
            "parameters": {
                "type": "object",
                "properties": {
                    field: {"type": kind, "description": f"The {field.replace('_', ' ')}."}
                    for field, kind in fields.items()
                },
                "required": list(fields)[:1],
                "additionalProperties": False,
            },
            "strict": True,
        },
    }
    for name, description, fields in (
        ("get_weather", "Get the current weather for a location.", {"location": "string", "unit": "string"}),
        ("search", "Search the web for a query.", {"query": "string", "max_results": "integer"}),
        ("get_current_time", "Get the current time in a timezone.", {"timezone": "string"}),
        ("final_result", "The final response which ends this conversation", {"answer": "string", "score": "number"}),
        ("run_python", "Run a Python snippet and return what it prints.", {"code": "string"}),
        ("get_user", "Look up a user by id.", {"user_id": "integer", "fields": "array"}),
        ("send_email", "Send an email to a recipient.", {"to": "string", "subject": "string", "body": "string"}),
    )
]

MODELS = """gpt-4o gpt-4o-mini gpt-4o-2024-08-06 gpt-4o-mini-2024-07-18 gpt-4.1 gpt-4.1-mini gpt-5 gpt-5-mini gpt-5-nano o3 o3-mini
o4-mini claude-3-5-sonnet-latest claude-3-5-haiku-latest claude-sonnet-4-5 claude-opus-4-5 claude-haiku-4-5 gemini-2.0-flash
gemini-2.5-flash gemini-2.5-pro gemini-3-pro mistral-large-latest mistral-small-latest llama-3.3-70b-versatile llama3.2
command-r-plus deepseek-chat deepseek-reasoner qwen2.5 text-embedding-3-small text-embedding-3-large us.amazon.nova-lite-v1:0
meta-llama/Llama-3.2-3B-Instruct openai/gpt-oss-120b tiny-random""".split()

PROVIDERS = (
    "openai anthropic google mistral groq cohere bedrock ollama azure together default openai-compatible".split()
)
FINISHES = ("stop", "length", "tool_calls", "end_turn", "max_tokens", "tool_use", "content_filter", "STOP")


def sentence(rng: random.Random, phrases: list[str]) -> str:
    """Make a sentence of a phrase and common words."""
    words = [rng.choice(phrases).strip()] + [rng.choice(WORDS) for _ in range(rng.randint(3, 14))]
    return " ".join(words) + rng.choice(
        (".", ".", ".", "?", "!", ":", ",", ".\n", ".\n\n", "\n- ", "\n1. ", "\n```python\n", "\n```")
    )


def text(rng: random.Random, phrases: list[str], sentences: int) -> str:
    """Make a text of some sentences."""
    return " ".join(sentence(rng, phrases) for _ in range(rng.randint(1, sentences)))


def tool_call(rng: random.Random) -> ToolCall:
    """Make a call of one of the tools."""
    name = rng.choice(TOOLS)["function"]["name"]
    token = base64.b64encode(rng.randbytes(18)).decode()
    arguments = json.dumps({rng.choice(("location", "query", "city", "user_id", "answer")): rng.choice(WORDS)})
    return ToolCall(f"call_{token}", name, arguments)


def request(rng: random.Random) -> CompletionRequest:
    """Make a request."""
    model = rng.choice(MODELS)
    if rng.random() < 0.08:
        texts = [text(rng, ANSWERS, 1) for _ in range(rng.randint(1, 4))]
        return CompletionRequest(model=model, params={"input": texts, "dimensions": 256}, family=Family.EMBEDDING)
    if rng.random() < 0.3:
        return CompletionRequest(text(rng, OPENERS, 3), model=model, temperature=rng.choice((0.0, 0.7, 1.0, None)))
    messages: list[dict[str, Any]] = [{"role": "system", "content": text(rng, OPENERS, 3)}]
    messages.append({"role": "user", "content": text(rng, OPENERS, 3)})
    if rng.random() < 0.3:
        call = tool_call(rng)
        function = {"name": call.name, "arguments": call.arguments}
        messages.append(
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [{"id": call.id, "type": "function", "function": function}],
            }
        )
        messages.append({"role": "tool", "tool_call_id": call.id, "content": text(rng, ANSWERS, 1)})
    params: dict[str, Any] = {}
    if rng.random() < 0.2:
        params["response_format"] = {"type": "json_object"}
    if rng.random() < 0.2:
        params.update({"top_p": 1.0, "seed": rng.randint(1, 99), "stop": ["\n"], "tool_choice": "auto"})
    return CompletionRequest(
        messages=tuple(messages),
        model=model,
        max_tokens=rng.choice((None, 256, 1024, 4096)),
        temperature=rng.choice((0.0, 0.2, 0.7, 1.0, None)),
        tools=tuple(rng.sample(TOOLS, rng.randint(1, 3))) if rng.random() < 0.3 else (),
        params=params,
    )


def usage(rng: random.Random) -> Usage:
    """Make token counts."""
    asked, answered = rng.randint(8, 900), rng.randint(1, 600)
    details = {"prompt_tokens_details": {"cached_tokens": 0}, "completion_tokens_details": {"reasoning_tokens": 0}}
    return Usage(asked, answered, asked + answered, details if rng.random() < 0.5 else {})


def outcome(rng: random.Random, asked: CompletionRequest, provider: str) -> Outcome:
    """Make an outcome."""
    if rng.random() < 0.06:
        return Failure(
            "playhead.errors.RateLimitError",
            message="provider 'openai' answered 429: Rate limit reached for requests",
            error_code="RATE_LIMITED",
            context={"provider": provider, "model": asked.model, "status": 429},
            retryable=True,
            retry_after=1.0,
        )
    calls = (tool_call(rng),) if asked.tools and rng.random() < 0.6 else ()
    completion = Completion(
        "" if calls else text(rng, ANSWERS, 5),
        model=asked.model or "",
        usage=usage(rng),
        model_version=f"fp_{rng.randbytes(5).hex()}" if rng.random() < 0.3 else None,
        finish_reason=rng.choice(FINISHES),
        tool_calls=calls,
        provider=provider,
    )
    if rng.random() < 0.25:
        return Stream(end=completion, cuts=tuple(rng.randint(1, 9) for _ in range(rng.randint(4, 60))))
    return completion


def entry(rng: random.Random) -> list[bytes]:
    """Make the entries of one call: itself, and its parts."""
    asked, provider = request(rng), rng.choice(PROVIDERS)
    answer = outcome(rng, asked, provider)
    request_bytes, parts = split_request(encode(request_fields(asked)))
    volatile = Volatile(
        date=f"20{rng.randint(25, 27)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}",
        latency=rng.choice((0, 120, 340, 780, 1200, 2300)),
        gaps=tuple(rng.randint(0, 90) for _ in range(20)) if isinstance(answer, Stream) else (),
    )
    call = compose_call(
        request=request_bytes,
        outcome=encode_outcome(outcome_fields(answer)),
        provider=provider,
        origin=rng.choice((Origin.LIVE, Origin.LIVE, Origin.LIVE, Origin.STUB, Origin.IMPORTED)),
        key=fingerprint(asked, provider, stream=isinstance(answer, Stream)).key,
        n=rng.choice((0, 0, 0, 1)),
        volatile=volatile,
    )
    return [call, *parts.values()]


def prose(rng: random.Random) -> bytes:
    """Make a part that holds a long text."""
    value = encode_normal(" ".join(sentence(rng, OPENERS + ANSWERS) for _ in range(12)))
    return b'{"part":' + value + b',"type":"part"}'


def main() -> None:
    """Train and write the dictionary."""
    rng = random.Random(20261121)
    samples: list[bytes | bytearray | memoryview] = []
    while len(samples) < SAMPLES:
        samples += entry(rng)
        if rng.random() < 0.2:
            samples.append(prose(rng))
    trained = zstandard.train_dictionary(SIZE, samples, k=400, d=8, dict_id=BUILTIN_DICTIONARY).as_bytes()
    TARGET.write_bytes(trained)
    print(f"{TARGET.name}: {len(trained)} bytes, sha256 {sha256(trained).hexdigest()[:16]}")


if __name__ == "__main__":
    main()
