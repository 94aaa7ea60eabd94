// The official Google client, on the Gemini API (not Vertex).
import { ARGUMENTS, CALLS, FAILED, HISTORY, LONG, PERSON, PROMPT, SERVER, TEXT, THOUGHTS, TIME_SCHEMA, USAGE, WEATHER,
  WEATHER_SCHEMA, run, server, told } from './answers.mjs';
import { API_KEY, BASE_URL, MODEL, PROVIDER, VIA, abortedUpstream, check, equal, load, main, raised, saw, say, sealed, skip,
  upstream } from './harness.mjs';
import { asksForSchema } from './upstream.mjs';

const { GoogleGenAI, Type, createPartFromFunctionResponse } = load('@google/genai');
// aimock serves v1beta alone; weir serves what the client asks by itself.
const apiVersion = VIA === 'direct' ? { apiVersion: 'v1beta' } : {};
const client = (apiKey) => new GoogleGenAI({ apiKey, httpOptions: { baseUrl: BASE_URL, timeout: 8000, ...apiVersion } });
const google = client(API_KEY);
const declarations = [['get_weather', WEATHER_SCHEMA], ['get_time', TIME_SCHEMA]].map(([name, parametersJsonSchema]) =>
  ({ name, description: `The ${name} tool.`, parametersJsonSchema }));
const tools = [{ functionDeclarations: declarations }];
const oneCall = [{ name: 'get_weather', arguments: ARGUMENTS }];

const asking = (topic, config = {}) => ({ model: MODEL, contents: say(topic), config });
const generate = (from, topic, config) => from.models.generateContent(asking(topic, config));
const gathered = async (stream) => { const all = []; for await (const one of stream) all.push(one); return all; };
const stream = async (topic, config) => gathered(await google.models.generateContentStream(asking(topic, config)));
const parts = (answer) => answer.candidates?.[0]?.content?.parts ?? [];
const finishes = (chunks) => chunks.map((chunk) => chunk.candidates?.[0]?.finishReason).filter(Boolean);
const usage = ({ promptTokenCount, candidatesTokenCount, totalTokenCount }) =>
  equal([promptTokenCount, candidatesTokenCount, totalTokenCount], [USAGE.input, USAGE.output, USAGE.input + USAGE.output], 'usage');

// Two rounds; `ask` gives the parts of the answer for a list of contents.
async function rounds(topic, wanted, ask, answerOf = (call) => ({ output: run(call.name, call.args) })) {
  const contents = [{ role: 'user', parts: [{ text: say(topic) }] }];
  const first = await ask(contents);
  const calls = first.filter((part) => part.functionCall).map((part) => part.functionCall);
  equal(calls.map((call) => [call.name, call.args ?? {}]), wanted.map((call) => [call.name, call.arguments]), 'calls');
  contents.push({ role: 'model', parts: first }, { role: 'user', parts: calls.map((call) =>
    createPartFromFunctionResponse(call.id ?? '', call.name, answerOf(call))).map((part, index) =>
    (calls[index].id ? part : { functionResponse: { name: part.functionResponse.name, response: part.functionResponse.response } })) });
  const second = await ask(contents);
  await saw('results', told(wanted), second.map((part) => part.text ?? '').join(''));
  return first;
}
const asked = async (contents) => {
  const answer = await google.models.generateContent({ model: MODEL, contents, config: { tools } });
  equal(answer.candidates[0].finishReason, 'STOP', 'finishReason');
  return parts(answer);
};
const streamed = async (contents) => {
  const chunks = await gathered(await google.models.generateContentStream({ model: MODEL, contents, config: { tools } }));
  equal(finishes(chunks), ['STOP'], 'finish reasons');
  return chunks.flatMap(parts);
};

const errors = Object.fromEntries([
  ['error_400', 'error-400', [400], 'INVALID_ARGUMENT'],
  ['error_404', 'error-404', [404], 'NOT_FOUND'],
  ['error_500', 'error-500', [500], 'INTERNAL'],
  ['error_overloaded', 'error-503', [503], 'UNAVAILABLE'],
  ['error_429', 'error-429', [429], 'RESOURCE_EXHAUSTED'],
].map(([name, topic, statuses, word]) => [name, async () => {
  const error = await raised(generate(google, topic));
  equal([error.constructor.name, statuses.includes(error.status)], ['ApiError', true], `class and status (${error.status})`);
  const body = JSON.parse(error.message).error;  // the client puts the whole body into its message
  equal([body.code, body.status], [error.status, word], 'code and status of the body');
  check(body.message.includes(FAILED), `the provider's words are lost: ${body.message}`);
}]));

async function abort(topic) {
  const control = new AbortController();
  let text = '';
  await raised((async () => {
    for await (const chunk of await google.models.generateContentStream(asking(topic, { abortSignal: control.signal })))
      if ((text += chunk.text ?? '').length > 20) control.abort();
  })());
  await abortedUpstream();
}
// Seals that are due with a tool's result: Gemini has one on the thought and one on the call.
const SEALS = { openai_chat: 0, openai_responses: 1, anthropic_messages: 1, gemini: 2 }[PROVIDER];

await main({
  async text() {
    const answer = await generate(google, 'text');
    equal([answer.text, answer.candidates.length, answer.candidates[0].finishReason, answer.candidates[0].content.role], [TEXT, 1, 'STOP', 'model'], 'answer');
    usage(answer.usageMetadata);
    if (SERVER === 'simulated' || PROVIDER !== 'gemini') check(answer.responseId && answer.modelVersion, 'no responseId or modelVersion');
  },
  async stream() {
    const chunks = await stream('text');
    check(chunks.length > 3, `only ${chunks.length} chunks`);
    equal(chunks.map((chunk) => chunk.text ?? '').join(''), TEXT, 'text');
    equal(finishes(chunks), ['STOP'], 'finish reasons');
    usage(chunks.at(-1).usageMetadata);
  },
  async chat() {
    const chat = google.chats.create({ model: MODEL, history: [{ role: 'user', parts: [{ text: 'One.' }] }, { role: 'model', parts: [{ text: 'Two.' }] }] });
    await saw('history', HISTORY, (await chat.sendMessage({ message: say('history', 'Three.') })).text);
    const chunks = await gathered(await chat.sendMessageStream({ message: say('text') }));
    equal(chunks.map((chunk) => chunk.text ?? '').join(''), TEXT, 'the next turn, as a stream');
  },
  async system() {
    await saw('system', PROMPT, (await generate(google, 'system', { systemInstruction: PROMPT })).text);
  },
  tool: () => rounds('tool', oneCall, asked),
  tool_stream: () => rounds('tool', oneCall, streamed),
  tools_parallel: () => rounds('parallel', CALLS, asked),
  tools_parallel_stream: () => rounds('parallel', CALLS, streamed),
  async tool_after_text() {
    const first = await rounds('spoken', oneCall, streamed);
    equal(first.map((part) => part.text ?? '').join(''), 'Let me look.', 'text before the call');
  },
  // As a schema of the client's own kind, with types in capitals.
  async tool_typed() {
    const own = [{ functionDeclarations: [{ name: 'get_weather', parameters: { type: Type.OBJECT,
      properties: { city: { type: Type.STRING, nullable: true } }, required: ['city'] } }] }];
    const answer = await generate(google, 'tool', { tools: own });
    equal(answer.functionCalls.map((call) => [call.name, call.args]), [['get_weather', ARGUMENTS]], 'calls');
    if (PROVIDER === 'gemini') return;
    check(!JSON.stringify((await upstream())[0].json.tools).includes('OBJECT'), 'types in capitals went to another vendor');
  },
  // The client calls the tools by itself.
  async tool_automatic() {
    const callable = { tool: async () => tools[0], callTool: async (calls) => calls.map((call) =>
      (createPartFromFunctionResponse(call.id ?? '', call.name, { output: run(call.name, call.args) }))) };
    await saw('results', told(oneCall), (await generate(google, 'tool', { tools: [callable] })).text);
  },
  async schema() {
    const responseSchema = { type: Type.OBJECT, properties: { name: { type: Type.STRING }, age: { type: Type.INTEGER },
      tags: { type: Type.ARRAY, items: { type: Type.STRING } } }, required: ['name', 'age', 'tags'] };
    equal(JSON.parse((await generate(google, 'schema', { responseMimeType: 'application/json', responseSchema })).text), PERSON, 'answer');
    check(asksForSchema(PROVIDER, (await upstream())[0]), 'the schema did not reach the provider');
  },
  async json_schema() {
    const responseJsonSchema = { type: 'object', properties: { name: { type: 'string' }, age: { type: 'integer' },
      tags: { type: 'array', items: { type: 'string' } } }, required: ['name', 'age', 'tags'], additionalProperties: false };
    equal(JSON.parse((await generate(google, 'schema', { responseMimeType: 'application/json', responseJsonSchema })).text), PERSON, 'answer');
    check(asksForSchema(PROVIDER, (await upstream())[0]), 'the schema did not reach the provider');
    const chunks = await stream('schema', { responseMimeType: 'application/json', responseJsonSchema });
    equal(JSON.parse(chunks.map((chunk) => chunk.text ?? '').join('')), PERSON, 'in a stream');
  },
  async thinking() {
    const answer = await generate(google, 'think', { thinkingConfig: { includeThoughts: true, thinkingBudget: 1024 } });
    equal(parts(answer).map((part) => [Boolean(part.thought), part.text]), [[true, THOUGHTS], [false, WEATHER]], 'thoughts and text');
    const { candidatesTokenCount, thoughtsTokenCount } = answer.usageMetadata;
    if (SERVER === 'simulated') equal([candidatesTokenCount, thoughtsTokenCount], [8, 6], 'usage');
    const chunks = await stream('think', { thinkingConfig: { includeThoughts: true, thinkingBudget: 1024 } });
    equal(chunks.flatMap(parts).filter((part) => part.thought).map((part) => part.text).join(''), THOUGHTS, 'thoughts in a stream');
    equal(chunks.map((chunk) => chunk.text ?? '').join(''), WEATHER, 'text in a stream');
  },
  async thinking_tool() {
    const first = await rounds('thinktool', oneCall, streamed);
    equal(first.filter((part) => part.thought).map((part) => part.text).join(''), THOUGHTS, 'thoughts');
    if (SERVER === 'simulated') await sealed(SEALS);
  },
  async length() {
    equal((await generate(google, 'length', { maxOutputTokens: 20 })).candidates[0].finishReason, 'MAX_TOKENS', 'finishReason');
    equal(finishes(await stream('length', { maxOutputTokens: 20 })), ['MAX_TOKENS'], 'in a stream');
  },
  async count_tokens() {
    if (VIA === 'direct' && SERVER === 'aimock') skip('aimock has no countTokens');
    const { totalTokens } = await google.models.countTokens({ model: MODEL, contents: 'How many? '.repeat(50) });
    check(totalTokens > 50 && totalTokens < 400, `${totalTokens} tokens`);
  },
  async cut_stream() {
    let text = '';
    await raised((async () => {
      for await (const chunk of await google.models.generateContentStream(asking('cut'))) text += chunk.text ?? '';
    })());
    check(text && LONG.startsWith(text), `text before the cut: ${text}`);
  },
  abort: () => abort('endless'),
  abort_stalled: () => abort('stalled'),
  async slow_first_word() {
    equal((await stream('slow')).map((chunk) => chunk.text ?? '').join(''), TEXT, 'text');
  },
  async refusal() {
    const answer = await generate(google, 'refusal');
    equal([answer.text, answer.candidates[0].finishReason], [server.REFUSAL, 'SAFETY'], 'text and finish');
    const chunks = await stream('refusal');
    equal([chunks.map((chunk) => chunk.text ?? '').join(''), finishes(chunks)], [server.REFUSAL, ['SAFETY']], 'in a stream');
  },
  async filtered() {
    equal((await generate(google, 'filtered')).candidates[0].finishReason, 'SAFETY', 'finishReason');
    equal(finishes(await stream('filtered')), ['SAFETY'], 'in a stream');
  },
  // An error that comes inside a 200, before anything else: weir still makes a status of it.
  async fault_first() {
    const error = await raised(stream('faultfirst'));
    check(error.message.includes(FAILED), `the provider's words are lost: ${error.message}`);
    if (VIA === 'weir') equal([error.constructor.name, error.status], ['ApiError', 503], 'class and status');
  },
  async fault_mid() {
    let text = '';
    const error = await raised((async () => {
      for await (const chunk of await google.models.generateContentStream(asking('faultmid'))) text += chunk.text ?? '';
    })());
    check(error.message.includes(FAILED), `the provider's words are lost: ${error.message}`);
    check(text && LONG.startsWith(text), `text before the error: ${text}`);
  },
  async context_length() {
    const error = await raised(generate(google, 'toolong'));
    equal([error.status, JSON.parse(error.message).error.status], [400, 'INVALID_ARGUMENT'], 'status');
  },
  async quota() {
    const error = await raised(generate(google, 'quota'));
    equal([error.status, JSON.parse(error.message).error.status], [429, 'RESOURCE_EXHAUSTED'], 'status');
  },
  async by_name() {
    const contents = say('byname');
    equal((await google.models.generateContent({ model: server.byName('reasoning=6,chunks=8'), contents })).text, WEATHER, 'text');
  },
  async wrong_key() {
    if (VIA === 'direct' && SERVER === 'simulated') skip('the simulated provider takes any key');
    const error = await raised(generate(client('wrong'), 'text'));
    if (VIA === 'direct') return equal(error.status, 401, 'status');  // aimock; the vendor answers 400 with API_KEY_INVALID
    check([400, 401].includes(error.status), `status ${error.status}`);
    check(['INVALID_ARGUMENT', 'UNAUTHENTICATED'].includes(JSON.parse(error.message).error.status), `body ${error.message}`);
  },
  async unknown_model() {
    if (VIA === 'direct') skip(`${SERVER} knows every model`);
    const error = await raised(google.models.generateContent({ ...asking('text'), model: 'nobody-has-this' }));
    equal([error.status, JSON.parse(error.message).error.status], [404, 'NOT_FOUND'], 'status');
  },
  ...errors,
});
