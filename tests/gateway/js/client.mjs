// Drives OpenAI's JavaScript client against a gateway; prints what it got as JSON.
import OpenAI from "openai";

const [, , baseURL, key, test] = process.argv;
const headers = test ? { "X-Playhead-Test": test } : {};
const client = new OpenAI({ baseURL, apiKey: key, defaultHeaders: headers });
const asked = { model: "tiny-1", messages: [{ role: "user", content: "hello from afar" }] };
const got = { pieces: [] };

got.whole = (await client.chat.completions.create(asked)).choices[0].message.content;
for await (const piece of await client.chat.completions.create({ ...asked, stream: true })) {
  got.pieces.push(piece.choices[0]?.delta?.content ?? "");
}
got.vector = (await client.embeddings.create({ model: "tiny-1", input: ["one"], encoding_format: "float" })).data[0].embedding;
got.models = (await client.models.list()).data.map((one) => one.id);
let tries = 0;
const counting = new OpenAI({
  baseURL, apiKey: key, defaultHeaders: headers,
  fetch: (...call) => { tries += 1; return fetch(...call); },
});
try {
  await counting.chat.completions.create({ ...asked, messages: [{ role: "user", content: "never asked" }] });
} catch (error) {
  got.error = { name: error.constructor.name, status: error.status, message: error.message, code: error.code, tries };
}
console.log(JSON.stringify(got));
