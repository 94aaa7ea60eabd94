// The official OpenAI client: chat completions and Responses, as CLIENT says.
import { ARGUMENTS, CALLS, FAILED, HISTORY, LONG, PERSON, PROMPT, SERVER, TEXT, THOUGHTS, TIME_SCHEMA, USAGE, WEATHER,
  WEATHER_SCHEMA, run, server, told } from './answers.mjs';
import { API_KEY, BASE_URL, CLIENT, MODEL, PROVIDER, VIA, abortedUpstream, check, equal, load, main, raised, saw, say, sealed,
  skip, upstream } from './harness.mjs';
import { asksForSchema } from './upstream.mjs';

const { default: OpenAI } = load('openai');
const { zodResponseFormat, zodTextFormat } = load('openai/helpers/zod');
const { z } = load('zod');
const client = (more = {}) => new OpenAI({ baseURL: BASE_URL + '/v1', apiKey: API_KEY, maxRetries: 0, timeout: 8000, ...more });
const openai = client();
const Person = z.object({ name: z.string(), age: z.number(), tags: z.array(z.string()) });
const gathered = async (stream) => { const all = []; for await (const one of stream) all.push(one); return all; };

// The same for both: `ask` is a function from a topic and options to a promise of the answer.
const errors = (ask) => Object.fromEntries([
  ['error_400', 'error-400', [400], 'BadRequestError'],
  ['error_404', 'error-404', [404], 'NotFoundError'],
  ['error_500', 'error-500', PROVIDER === CLIENT ? [500] : [500, 502], 'InternalServerError'],
  ['error_overloaded', 'error-503', [503], 'InternalServerError'],
  ['error_429', 'error-429', [429], 'RateLimitError'],
].map(([name, topic, statuses, kind]) => [name, async () => {
  const error = await raised(ask(openai, topic));
  equal([error.constructor.name, statuses.includes(error.status)], [kind, true], `class and status (${error.status})`);
  check(error.message.includes(FAILED), `the provider's words are lost: ${error.message}`);
  if (error.status === 429) equal(error.headers.get('retry-after'), '7', 'retry-after');
}]));

async function wrongKey(ask) {
  if (VIA === 'direct' && SERVER === 'simulated') skip('the simulated provider takes any key');
  const error = await raised(ask(client({ apiKey: 'sk-wrong' }), 'text'));
  equal([error.constructor.name, error.status], ['AuthenticationError', 401], 'class and status');
}
async function unknownModel(ask) {
  if (VIA === 'direct') skip(`${SERVER} knows every model`);
  const error = await raised(ask(openai, 'text', { model: 'nobody-has-this' }));
  equal([error.constructor.name, error.status, error.code], ['NotFoundError', 404, 'model_not_found'], 'class, status, code');
}

// Thoughts are part of the completion, and told apart in it; aimock counts none.
function thoughtUsage(output, details) {
  if (SERVER === 'simulated') equal([output, details?.reasoning_tokens], [14, 6], 'usage');
}
// An error that comes inside a 200, before anything else: weir still makes a status of it.
async function faultFirst(ask) {
  const error = await raised((async () => gathered(await ask('faultfirst')))());
  check(error.message.includes(FAILED), `the provider's words are lost: ${error.message}`);
  if (VIA === 'weir') equal([error.constructor.name, error.status], ['InternalServerError', 503], 'class and status');
}
// What trying again does not mend has a code of its own, where the provider has one.
const lasting = (ask) => ({
  async quota() {
    const error = await raised(ask(openai, 'quota'));
    equal([error.constructor.name, error.status], ['RateLimitError', 429], 'class and status');
    if (PROVIDER.startsWith('openai')) equal(error.code, 'insufficient_quota', 'code');
  },
  async context_length() {
    const error = await raised(ask(openai, 'toolong'));
    equal([error.constructor.name, error.status, error.code], ['BadRequestError', 400, 'context_length_exceeded'], 'class, status, code');
  },
});
// Seals that are due with a tool's result: Gemini has one on the thought and one on the call, which travels in an item of its own.
const SEALS = { openai_chat: 0, openai_responses: 1, anthropic_messages: 1, gemini: 2 }[PROVIDER];

// --- chat completions ------------------------------------------------------------------------------------------------

const chatTools = [['get_weather', WEATHER_SCHEMA], ['get_time', TIME_SCHEMA]].map(([name, parameters]) =>
  ({ type: 'function', function: { name, description: `The ${name} tool.`, parameters } }));
const chatUsage = ({ prompt_tokens, completion_tokens, total_tokens }) =>
  equal([prompt_tokens, completion_tokens, total_tokens], [USAGE.input, USAGE.output, USAGE.input + USAGE.output], 'usage');
const user = (topic) => [{ role: 'user', content: say(topic) }];
const create = (from, topic, more = {}) => from.chat.completions.create({ model: MODEL, messages: user(topic), ...more });
const chatStream = async (topic, more = {}) => gathered(await create(openai, topic, { stream: true, ...more }));

// Two rounds; `ask` gives the assistant's message for a list of messages.
async function chatRounds(topic, wanted, ask) {
  const messages = user(topic);
  const first = await ask(messages);
  equal(first.tool_calls.map((call) => [call.type, call.function.name, JSON.parse(call.function.arguments)]),
    wanted.map((call) => ['function', call.name, call.arguments]), 'calls');
  equal(new Set(first.tool_calls.map((call) => call.id)).size, wanted.length, 'different ids');
  messages.push(first, ...first.tool_calls.map((call) => ({ role: 'tool', tool_call_id: call.id,
    content: run(call.function.name, JSON.parse(call.function.arguments)) })));
  const second = await ask(messages);
  await saw('results', told(wanted), second.content);
  return first;
}
const asked = async (messages) => {
  const answer = await openai.chat.completions.create({ model: MODEL, messages, tools: chatTools });
  const { message, finish_reason } = answer.choices[0];
  equal(finish_reason, message.tool_calls ? 'tool_calls' : 'stop', 'finish_reason');
  return message;
};
const streamed = async (messages) => {
  const answer = await openai.chat.completions.stream({ model: MODEL, messages, tools: chatTools }).finalChatCompletion();
  const { message, finish_reason } = answer.choices[0];
  equal(finish_reason, message.tool_calls ? 'tool_calls' : 'stop', 'finish_reason');
  return message;
};
const oneCall = [{ name: 'get_weather', arguments: ARGUMENTS }];
async function chatAbort(topic) {
  const stream = await create(openai, topic, { stream: true });
  let text = '';
  for await (const chunk of stream) if ((text += chunk.choices[0]?.delta?.content ?? '').length > 20) stream.controller.abort();
  await abortedUpstream();
}

const chat = {
  async text() {
    const answer = await create(openai, 'text');
    equal([answer.object, answer.choices.length], ['chat.completion', 1], 'object and choices');
    const { message, finish_reason } = answer.choices[0];
    equal([message.role, message.content, finish_reason], ['assistant', TEXT, 'stop'], 'message');
    chatUsage(answer.usage);
  },
  async stream() {
    const chunks = await chatStream('text', { stream_options: { include_usage: true } });
    const deltas = chunks.flatMap((chunk) => chunk.choices.map((choice) => choice.delta.content ?? '')).filter(Boolean);
    check(deltas.length > 3, `only ${deltas.length} deltas`);
    equal(deltas.join(''), TEXT, 'text');
    equal(chunks.flatMap((chunk) => chunk.choices.map((choice) => choice.finish_reason)).filter(Boolean), ['stop'], 'finishes');
    equal(new Set(chunks.map((chunk) => chunk.id)).size, 1, 'one id');
    equal(chunks.filter((chunk) => chunk.usage).length, 1, 'chunks with usage');
    chatUsage(chunks.at(-1).usage);
  },
  async stream_without_usage() {
    const chunks = await chatStream('text');
    equal(chunks.filter((chunk) => chunk.usage || !chunk.choices.length).length, 0, 'chunks with usage, which was not asked for');
  },
  async stream_helper() {
    const stream = openai.chat.completions.stream({ model: MODEL, messages: user('text') });
    let text = '';
    stream.on('content', (delta) => { text += delta; });
    equal([await stream.finalContent(), text], [TEXT, TEXT], 'final and gathered text');
  },
  async system() {
    const answer = await openai.chat.completions.create({ model: MODEL, messages: [{ role: 'system', content: PROMPT }, ...user('system')] });
    await saw('system', PROMPT, answer.choices[0].message.content);
  },
  async history() {
    const messages = [{ role: 'user', content: 'One.' }, { role: 'assistant', content: 'Two.' }, { role: 'user', content: say('history', 'Three.') }];
    const answer = await openai.chat.completions.create({ model: MODEL, messages });
    await saw('history', HISTORY, answer.choices[0].message.content);
  },
  tool: () => chatRounds('tool', oneCall, asked),
  tool_stream: () => chatRounds('tool', oneCall, streamed),
  tools_parallel: () => chatRounds('parallel', CALLS, asked),
  tools_parallel_stream: () => chatRounds('parallel', CALLS, streamed),
  async tool_after_text() {
    const first = await chatRounds('spoken', oneCall, streamed);
    equal(first.content, 'Let me look.', 'text before the call');
  },
  async tool_runner() {
    const runner = openai.chat.completions.runTools({ model: MODEL, messages: user('parallel'), stream: true,
      tools: chatTools.map((tool) => ({ type: 'function', function: { ...tool.function, parse: JSON.parse,
        function: (given) => run(tool.function.name, given) } })) });
    await saw('results', told(CALLS), await runner.finalContent());
  },
  async parse() {
    const answer = await openai.chat.completions.parse({ model: MODEL, messages: user('schema'), response_format: zodResponseFormat(Person, 'person') });
    equal([answer.choices[0].message.parsed, answer.choices[0].finish_reason], [PERSON, 'stop'], 'parsed');
    check(asksForSchema(PROVIDER, (await upstream())[0]), 'the schema did not reach the provider');
  },
  async parse_stream() {
    const answer = await openai.chat.completions.stream({ model: MODEL, messages: user('schema'),
      response_format: zodResponseFormat(Person, 'person') }).finalChatCompletion();
    equal([answer.choices[0].message.parsed, answer.choices[0].finish_reason], [PERSON, 'stop'], 'parsed');
  },
  async reasoning() {
    const { choices: [{ message }], usage } = await create(openai, 'think', { reasoning_effort: 'low' });
    equal([message.reasoning_content, message.content], [THOUGHTS, WEATHER], 'reasoning and text');
    thoughtUsage(usage.completion_tokens, usage.completion_tokens_details);
  },
  async reasoning_stream() {
    const deltas = (await chatStream('think', { reasoning_effort: 'low' })).flatMap((chunk) => chunk.choices.map((choice) => choice.delta));
    equal(deltas.map((delta) => delta.reasoning_content ?? '').join(''), THOUGHTS, 'reasoning');
    equal(deltas.map((delta) => delta.content ?? '').join(''), WEATHER, 'text');
  },
  async length() {
    equal((await create(openai, 'length', { max_completion_tokens: 20 })).choices[0].finish_reason, 'length', 'finish_reason');
    equal((await chatStream('length', { max_completion_tokens: 20 })).map((chunk) => chunk.choices[0]?.finish_reason).filter(Boolean), ['length'], 'in a stream');
  },
  async cut_stream() {
    let text = '';
    await raised((async () => {
      for await (const chunk of await create(openai, 'cut', { stream: true })) text += chunk.choices[0]?.delta?.content ?? '';
    })());
    check(text && LONG.startsWith(text), `text before the cut: ${text}`);
  },
  abort: () => chatAbort('endless'),
  abort_stalled: () => chatAbort('stalled'),
  async slow_first_word() {
    equal((await chatStream('slow')).map((chunk) => chunk.choices[0]?.delta?.content ?? '').join(''), TEXT, 'text');
  },
  async refusal() {
    const { message } = (await create(openai, 'refusal')).choices[0];
    equal([message.refusal ?? message.content, Boolean(message.refusal && message.content)], [server.REFUSAL, false], 'refusal');
    const streamed = await openai.chat.completions.stream({ model: MODEL, messages: user('refusal') }).finalChatCompletion();
    const { refusal, content } = streamed.choices[0].message;
    equal([refusal, content || null], [message.refusal, message.content], 'in a stream');
    equal(Boolean(refusal), PROVIDER.startsWith('openai'), 'told as a refusal');
  },
  async filtered() {
    equal((await create(openai, 'filtered')).choices[0].finish_reason, 'content_filter', 'finish_reason');
    equal((await chatStream('filtered')).map((chunk) => chunk.choices[0]?.finish_reason).filter(Boolean), ['content_filter'], 'in a stream');
  },
  reasoning_tool: async () => {
    await chatRounds('thinktool', oneCall, asked);
    if (SERVER === 'simulated') await sealed(SEALS);
  },
  async fault_first() {
    await faultFirst((topic) => create(openai, topic, { stream: true }));
  },
  async fault_mid() {
    let text = '';
    const error = await raised((async () => {
      for await (const chunk of await create(openai, 'faultmid', { stream: true })) text += chunk.choices[0]?.delta?.content ?? '';
    })());
    equal([error.constructor.name, error.type], ['APIError', 'server_error'], 'class and type');
    check(text && LONG.startsWith(text), `text before the error: ${text}`);
  },
  async by_name() {
    const answer = await create(openai, 'byname', { model: server.byName?.('reasoning=6,chunks=8') });
    equal(answer.choices[0].message.content, WEATHER, 'text');
  },
  wrong_key: () => wrongKey(create),
  unknown_model: () => unknownModel(create),
  ...errors(create),
  ...lasting(create),
};

// --- Responses -------------------------------------------------------------------------------------------------------

const respond = (from, topic, more = {}) => from.responses.create({ model: MODEL, input: say(topic), ...more });
const respondStream = async (topic, more = {}) => gathered(await respond(openai, topic, { stream: true, ...more }));
const flatTools = chatTools.map((tool) => ({ type: 'function', ...tool.function, strict: false }));
const responseUsage = ({ input_tokens, output_tokens, total_tokens }) =>
  equal([input_tokens, output_tokens, total_tokens], [USAGE.input, USAGE.output, USAGE.input + USAGE.output], 'usage');

async function responseRounds(topic, wanted, ask) {
  const input = [{ role: 'user', content: say(topic) }];
  const first = await ask(input);
  const calls = first.output.filter((item) => item.type === 'function_call');
  equal(calls.map((call) => [call.name, JSON.parse(call.arguments)]), wanted.map((call) => [call.name, call.arguments]), 'calls');
  equal(new Set(calls.map((call) => call.call_id)).size, wanted.length, 'different ids');
  input.push(...first.output.map(({ parsed_arguments, ...item }) => item), ...calls.map((call) => (
    { type: 'function_call_output', call_id: call.call_id, output: run(call.name, JSON.parse(call.arguments)) })));
  const second = await ask(input);
  await saw('results', told(wanted), second.output_text);
  return first;
}
const answered = (input, more = {}) => openai.responses.create({ model: MODEL, input, tools: flatTools, store: false, ...more });
const answeredStream = (input, more = {}) =>
  openai.responses.stream({ model: MODEL, input, tools: flatTools, store: false, ...more }).finalResponse();

async function responseAbort(topic) {
  const stream = await respond(openai, topic, { stream: true });
  let text = '';
  for await (const event of stream) if (event.type.endsWith('text.delta') && (text += event.delta).length > 20) stream.controller.abort();
  await abortedUpstream();
}

const responses = {
  async text() {
    const answer = await respond(openai, 'text');
    equal([answer.object, answer.status, answer.output_text], ['response', 'completed', TEXT], 'response');
    equal([answer.output.length, answer.output[0].type, answer.output[0].role], [1, 'message', 'assistant'], 'output');
    responseUsage(answer.usage);
  },
  async stream() {
    const events = await respondStream('text');
    const of = (type) => events.filter((event) => event.type === type);
    check(of('response.output_text.delta').length > 3, `only ${of('response.output_text.delta').length} deltas`);
    equal(of('response.output_text.delta').map((event) => event.delta).join(''), TEXT, 'text');
    equal([events[0].type, of('response.output_text.done')[0].text], ['response.created', TEXT], 'first event and done text');
    equal([events.at(-1).type, events.at(-1).response.status], ['response.completed', 'completed'], 'last event');
    equal(events.at(-1).response.output[0].content[0].text, TEXT, 'the whole response');
    responseUsage(events.at(-1).response.usage);
    if (SERVER === 'simulated' || (VIA === 'weir' && PROVIDER !== 'openai_responses'))  // aimock gives none
      equal(events.map((event) => event.sequence_number), events.map((_, index) => index), 'sequence numbers');
  },
  async stream_helper() {
    const stream = openai.responses.stream({ model: MODEL, input: say('text') });
    let text = '';
    stream.on('response.output_text.delta', (event) => { text += event.delta; });
    const final = await stream.finalResponse();
    equal([text, final.output_text], [TEXT, TEXT], 'gathered and final text');
  },
  async system() {
    await saw('system', PROMPT, (await respond(openai, 'system', { instructions: PROMPT })).output_text);
    const input = [{ role: 'developer', content: PROMPT }, { role: 'user', content: [{ type: 'input_text', text: say('system') }] }];
    await saw('system', PROMPT, (await openai.responses.create({ model: MODEL, input })).output_text);
  },
  async history() {
    const input = [{ role: 'user', content: 'One.' }, { role: 'assistant', content: 'Two.' }, { role: 'user', content: say('history', 'Three.') }];
    await saw('history', HISTORY, (await openai.responses.create({ model: MODEL, input })).output_text);
  },
  tool: () => responseRounds('tool', oneCall, answered),
  tool_stream: () => responseRounds('tool', oneCall, answeredStream),
  tools_parallel: () => responseRounds('parallel', CALLS, answered),
  tools_parallel_stream: () => responseRounds('parallel', CALLS, answeredStream),
  async tool_after_text() {
    const first = await responseRounds('spoken', oneCall, answeredStream);
    equal(first.output_text, 'Let me look.', 'text before the call');
  },
  async parse() {
    const answer = await openai.responses.parse({ model: MODEL, input: say('schema'), text: { format: zodTextFormat(Person, 'person') } });
    equal(answer.output_parsed, PERSON, 'parsed');
    check(asksForSchema(PROVIDER, (await upstream())[0]), 'the schema did not reach the provider');
  },
  async parse_stream() {
    const answer = await openai.responses.stream({ model: MODEL, input: say('schema'), text: { format: zodTextFormat(Person, 'person') } }).finalResponse();
    equal(answer.output_parsed, PERSON, 'parsed');
  },
  async reasoning() {
    const answer = await respond(openai, 'think', { reasoning: { effort: 'low', summary: 'auto' } });
    equal(answer.output.map((item) => item.type), ['reasoning', 'message'], 'items');
    const [{ summary, content }] = answer.output;
    equal([...(summary ?? []), ...(content ?? [])].map((part) => part.text).join(''), THOUGHTS, 'reasoning');
    equal(answer.output_text, WEATHER, 'text');
    thoughtUsage(answer.usage.output_tokens, answer.usage.output_tokens_details);
  },
  async reasoning_stream() {
    const events = await respondStream('think', { reasoning: { effort: 'low', summary: 'auto' } });
    equal(events.filter((event) => /reasoning_(summary_)?text\.delta$/.test(event.type)).map((event) => event.delta).join(''), THOUGHTS, 'reasoning');
    equal(events.at(-1).response.output.map((item) => item.type), ['reasoning', 'message'], 'items at the end');
  },
  // Reasoning goes back with the tool's result, as the vendor asks; each provider takes or leaves it, but answers.
  reasoning_tool: async () => {
    const ask = (input) => answered(input, { include: ['reasoning.encrypted_content'] });
    const first = await responseRounds('thinktool', oneCall, ask);
    equal(first.output.map((item) => item.type), [...Array(SERVER === 'simulated' && SEALS || 1).fill('reasoning'), 'function_call'], 'items');
    if (SERVER === 'simulated') await sealed(SEALS);
  },
  async length() {
    const answer = await respond(openai, 'length', { max_output_tokens: 20 });
    equal(answer.status, 'incomplete', 'status');
    const events = await respondStream('length', { max_output_tokens: 20 });
    equal(events.at(-1).response.status, 'incomplete', 'status in a stream');
    if (SERVER === 'aimock' && PROVIDER === CLIENT) return;  // aimock gives neither the reason nor the right event
    equal(answer.incomplete_details?.reason, 'max_output_tokens', 'reason');
    equal(events.at(-1).type, 'response.incomplete', 'last event');
  },
  async cut_stream() {
    let text = '';
    let last = null;
    const play = async () => {
      for await (const event of await respond(openai, 'cut', { stream: true })) {
        text += event.type === 'response.output_text.delta' ? event.delta : '';
        last = event;
      }
      if (last.type === 'response.failed' || last.type === 'error') throw new Error(last.type);
    };
    await raised(play());
    check(LONG.startsWith(text), `text before the cut: ${text}`);
  },
  abort: () => responseAbort('endless'),
  abort_stalled: () => responseAbort('stalled'),
  async slow_first_word() {
    equal((await respondStream('slow')).filter((event) => event.type === 'response.output_text.delta').map((event) => event.delta).join(''),
      TEXT, 'text');
  },
  async refusal() {
    const kind = PROVIDER.startsWith('openai') ? 'refusal' : 'output_text';
    const part = (answer) => answer.output[0].content.map((one) => [one.type, one.refusal ?? one.text]);
    equal(part(await respond(openai, 'refusal')), [[kind, server.REFUSAL]], 'content');
    equal(part((await respondStream('refusal')).at(-1).response), [[kind, server.REFUSAL]], 'in a stream');
  },
  async filtered() {
    const of = (answer) => [answer.status, answer.incomplete_details?.reason];
    equal(of(await respond(openai, 'filtered')), ['incomplete', 'content_filter'], 'status and reason');
    equal(of((await respondStream('filtered')).at(-1).response), ['incomplete', 'content_filter'], 'in a stream');
  },
  async fault_first() {
    await faultFirst((topic) => respond(openai, topic, { stream: true }));
  },
  async fault_mid() {
    let text = '', last = null;
    const error = await raised((async () => {
      for await (const event of await respond(openai, 'faultmid', { stream: true })) {
        if (event.type === 'response.output_text.delta') text += event.delta;
        last = event;
      }
      throw new Error('the end');  // response.failed is an event like others
    })());
    check(error.constructor.name === 'APIError' || last.type === 'response.failed', `the end was ${last.type}`);
    check(text && LONG.startsWith(text), `text before the error: ${text}`);
  },
  // What the provider keeps is asked for by its id, which says whose it is.
  async again() {
    if (PROVIDER !== CLIENT) skip('only this dialect keeps responses');
    const first = await respond(openai, 'again');
    equal([first.output_text, (await openai.responses.retrieve(first.id)).output_text], [WEATHER, WEATHER], 'the same again');
    const events = await gathered(await openai.responses.retrieve(first.id, { stream: true }));
    equal([events.at(-1).type, events.at(-1).response.output_text ?? events.at(-1).response.output[0].content[0].text],
      ['response.completed', WEATHER], 'as a stream');
    const { input_tokens } = await openai.responses.inputTokens.count({ model: MODEL, input: 'How many are these?' });
    equal(input_tokens, 4, 'input tokens');
    await openai.responses.delete(first.id);
    equal((await raised(openai.responses.retrieve(first.id))).status, 404, 'status of one that is deleted');
  },
  async by_name() {
    equal((await respond(openai, 'byname', { model: server.byName?.('reasoning=6,chunks=8') })).output_text, WEATHER, 'text');
  },
  wrong_key: () => wrongKey(respond),
  unknown_model: () => unknownModel(respond),
  ...errors(respond),
  ...lasting(respond),
};

await main(CLIENT === 'openai_responses' ? responses : chat);
