// The official Anthropic client: Messages.
import { ARGUMENTS, CALLS, FAILED, HISTORY, LONG, PERSON, PROMPT, SERVER, SIGNATURE, TEXT, THOUGHTS, TIME_SCHEMA, USAGE, WEATHER,
  WEATHER_SCHEMA, run, server, told } from './answers.mjs';
import { API_KEY, BASE_URL, MODEL, PROVIDER, VIA, abortedUpstream, check, equal, load, main, raised, saw, say, sealed, skip,
  upstream } from './harness.mjs';
import { asksForSchema } from './upstream.mjs';

const { default: Anthropic } = load('@anthropic-ai/sdk');
const { zodOutputFormat } = load('@anthropic-ai/sdk/helpers/zod');
const { z } = load('zod');
const client = (more = {}) => new Anthropic({ baseURL: BASE_URL, apiKey: API_KEY, maxRetries: 0, timeout: 8000, ...more });
const anthropic = client();
const Person = z.object({ name: z.string(), age: z.number(), tags: z.array(z.string()) });
const tools = [['get_weather', WEATHER_SCHEMA], ['get_time', TIME_SCHEMA]].map(([name, input_schema]) =>
  ({ name, description: `The ${name} tool.`, input_schema }));
const oneCall = [{ name: 'get_weather', arguments: ARGUMENTS }];
const thinking = { type: 'enabled', budget_tokens: 1024 };

const asking = (topic, more = {}) => ({ model: MODEL, max_tokens: 2048, messages: [{ role: 'user', content: say(topic) }], ...more });
const create = (from, topic, more) => from.messages.create(asking(topic, more));
const gathered = async (stream) => { const all = []; for await (const one of stream) all.push(one); return all; };
// GPT 5 seals reasoning that it does not show; here that is a block without a text, in front of the answer.
const isSeal = (block) => PROVIDER === 'openai_responses' && block?.type === 'redacted_thinking' && Boolean(block.data);
const words = (message) => message.content.filter((block) => block.type === 'text').map((block) => block.text).join('');
const usage = ({ input_tokens, output_tokens }) => equal([input_tokens, output_tokens], [USAGE.input, USAGE.output], 'usage');

// Two rounds; `ask` gives the message for parameters.
async function rounds(topic, wanted, ask, more = {}) {
  const messages = [{ role: 'user', content: say(topic) }];
  const first = await ask({ ...asking(topic, more), messages, tools });
  const uses = first.content.filter((block) => block.type === 'tool_use');
  equal(uses.map((use) => [use.name, use.input]), wanted.map((call) => [call.name, call.arguments]), 'calls');
  equal(new Set(uses.map((use) => use.id)).size, wanted.length, 'different ids');
  equal(first.stop_reason, 'tool_use', 'stop_reason');
  messages.push({ role: 'assistant', content: first.content }, { role: 'user', content: uses.map((use) => (
    { type: 'tool_result', tool_use_id: use.id, content: run(use.name, use.input) })) });
  const second = await ask({ ...asking(topic, more), messages, tools });
  equal(second.stop_reason, 'end_turn', 'stop_reason at the end');
  await saw('results', told(wanted), words(second));
  return first;
}
const asked = (parameters) => anthropic.messages.create(parameters);
const streamed = (parameters) => anthropic.messages.stream(parameters).finalMessage();
const runner = (more) => anthropic.beta.messages.toolRunner({ ...asking('parallel'), max_iterations: 3, ...more,
  tools: tools.map((tool) => ({ ...tool, run: (given) => run(tool.name, given), parse: (given) => given })) });

const errors = Object.fromEntries([
  ['error_400', 'error-400', [400], 'BadRequestError', 'invalid_request_error'],
  ['error_404', 'error-404', [404], 'NotFoundError', 'not_found_error'],
  ['error_500', 'error-500', [500], 'InternalServerError', 'api_error'],
  ['error_overloaded', 'error-503', [529], 'OverloadedError', 'overloaded_error'],
  ['error_429', 'error-429', [429], 'RateLimitError', 'rate_limit_error'],
].map(([name, topic, statuses, kind, type]) => [name, async () => {
  const error = await raised(create(anthropic, topic));
  equal([error.constructor.name, statuses.includes(error.status)], [kind, true], `class and status (${error.status})`);
  equal([error.error?.type, error.error?.error?.type], ['error', type], 'type');
  check(error.message.includes(FAILED), `the provider's words are lost: ${error.message}`);
  if (error.status === 429) equal(error.headers.get('retry-after'), '7', 'retry-after');
}]));

async function abort(topic) {
  const stream = anthropic.messages.stream(asking(topic));
  let text = '';
  stream.on('text', (delta) => { if ((text += delta).length > 20) stream.abort(); });
  equal((await raised(stream.finalMessage())).constructor.name, 'APIUserAbortError', 'class');
  await abortedUpstream();
}
// Seals that are due with a tool's result: Gemini has one on the thought and one on the call, which travels in a block of its own.
const SEALS = { openai_chat: 0, openai_responses: 1, anthropic_messages: 1, gemini: 2 }[PROVIDER];

await main({
  async text() {
    const message = await create(anthropic, 'text');
    equal([message.type, message.role, message.stop_reason, message.stop_sequence], ['message', 'assistant', 'end_turn', null], 'message');
    equal(message.content.filter((block) => !isSeal(block)).map((block) => [block.type, block.text]), [['text', TEXT]], 'content');
    usage(message.usage);
  },
  async stream() {
    const events = await gathered(await create(anthropic, 'text', { stream: true }));
    const deltas = events.filter((event) => event.type === 'content_block_delta').map((event) => event.delta.text);
    check(deltas.length > 3, `only ${deltas.length} deltas`);
    equal(deltas.join(''), TEXT, 'text');
    const seals = events.filter((event) => isSeal(event.content_block)).map((event) => event.index);
    const order = events.filter((event) => !seals.includes(event.index)).map((event) => event.type).filter((type, index, all) => type !== 'ping' && type !== all[index - 1]);
    equal(order, ['message_start', 'content_block_start', 'content_block_delta', 'content_block_stop', 'message_delta', 'message_stop'], 'events');
    equal(events.find((event) => event.type === 'message_delta').delta.stop_reason, 'end_turn', 'stop_reason');
  },
  async stream_helper() {
    const stream = anthropic.messages.stream(asking('text'));
    let text = '';
    stream.on('text', (delta) => { text += delta; });
    const message = await stream.finalMessage();
    equal([text, words(message)], [TEXT, TEXT], 'gathered and final text');
    usage(message.usage);
  },
  async system() {
    await saw('system', PROMPT, words(await create(anthropic, 'system', { system: PROMPT })));
    await saw('system', PROMPT, words(await create(anthropic, 'system', { system: [{ type: 'text', text: PROMPT, cache_control: { type: 'ephemeral' } }] })));
  },
  async history() {
    const messages = [{ role: 'user', content: 'One.' }, { role: 'assistant', content: 'Two.' }, { role: 'user', content: say('history', 'Three.') }];
    await saw('history', HISTORY, words(await create(anthropic, 'history', { messages })));
  },
  tool: () => rounds('tool', oneCall, asked),
  tool_stream: () => rounds('tool', oneCall, streamed),
  tools_parallel: () => rounds('parallel', CALLS, asked),
  tools_parallel_stream: () => rounds('parallel', CALLS, streamed),
  async tool_after_text() {
    equal(words(await rounds('spoken', oneCall, streamed)), 'Let me look.', 'text before the call');
  },
  async tool_runner() {
    await saw('results', told(CALLS), words(await runner({ thread: false })));
  },
  // As the client does it unasked: the server shall hold the conversation. Who cannot must say so in a way that the client
  // understands, and then gets all of it.
  async tool_runner_thread() {
    if (PROVIDER === 'anthropic_messages') skip(`${SERVER} has no threads`);
    await saw('results', told(CALLS), words(await runner({})));
  },
  async parse() {
    const message = await anthropic.messages.parse(asking('schema', { output_config: { format: zodOutputFormat(Person) } }));
    equal([message.parsed_output, message.stop_reason], [PERSON, 'end_turn'], 'parsed');
    check(asksForSchema(PROVIDER, (await upstream())[0]), 'the schema did not reach the provider');
  },
  async thinking() {
    const { content, usage: { output_tokens } } = await create(anthropic, 'think', { thinking });
    if (SERVER === 'simulated') equal(output_tokens, 14, 'thoughts and text in usage');
    equal(content.map((block) => block.thinking ?? block.text), [THOUGHTS, WEATHER], 'thinking and text');
    if (PROVIDER === 'anthropic_messages') equal(content[0].signature, SIGNATURE, 'signature');
  },
  async thinking_stream() {
    const { content } = await streamed(asking('think', { thinking }));
    equal(content.map((block) => block.thinking ?? block.text), [THOUGHTS, WEATHER], 'thinking and text');
    if (PROVIDER === 'anthropic_messages') equal(content[0].signature, SIGNATURE, 'signature');
  },
  async thinking_tool() {
    const first = await rounds('thinktool', oneCall, streamed, { thinking });
    equal(first.content.map((block) => block.type), [...Array(SERVER === 'simulated' && SEALS || 1).fill('thinking'), 'tool_use'], 'blocks');
    if (SERVER === 'simulated') await sealed(SEALS);
    if (PROVIDER !== 'anthropic_messages') return;
    const [block] = (await upstream())[1].json.messages[1].content;
    equal(block, { type: 'thinking', thinking: THOUGHTS, signature: SIGNATURE }, 'the block that went back');
  },
  async length() {
    equal((await create(anthropic, 'length', { max_tokens: 20 })).stop_reason, 'max_tokens', 'stop_reason');
    equal((await streamed(asking('length', { max_tokens: 20 }))).stop_reason, 'max_tokens', 'in a stream');
  },
  async count_tokens() {
    if (VIA === 'direct' && SERVER === 'aimock') skip('aimock has no count_tokens');
    const { input_tokens } = await anthropic.messages.countTokens({ model: MODEL, messages: [{ role: 'user', content: 'How many? '.repeat(50) }] });
    check(input_tokens > 50 && input_tokens < 400, `${input_tokens} tokens`);
  },
  async cut_stream() {
    let text = '';
    const stream = anthropic.messages.stream(asking('cut')).on('text', (delta) => { text += delta; });
    await raised(stream.finalMessage());
    check(text && LONG.startsWith(text), `text before the cut: ${text}`);
  },
  abort: () => abort('endless'),
  abort_stalled: () => abort('stalled'),
  async slow_first_word() {
    equal(words(await streamed(asking('slow'))), TEXT, 'text');
  },
  async refusal() {
    for (const ask of [asked, streamed]) {
      const message = await ask(asking('refusal'));
      equal([words(message), message.stop_reason], [server.REFUSAL, 'refusal'], 'text and stop_reason');
    }
  },
  async filtered() {
    for (const ask of [asked, streamed]) equal((await ask(asking('filtered'))).stop_reason, 'refusal', 'stop_reason');
  },
  // An error that comes inside a 200, before anything else: weir still makes a status of it.
  async fault_first() {
    const error = await raised(streamed(asking('faultfirst')));
    check(error.message.includes(FAILED), `the provider's words are lost: ${error.message}`);
    if (VIA === 'weir') equal([error.constructor.name, error.status], ['OverloadedError', 529], 'class and status');
  },
  async fault_mid() {
    let text = '';
    const stream = anthropic.messages.stream(asking('faultmid')).on('text', (delta) => { text += delta; });
    const error = await raised(stream.finalMessage());
    equal([error.error?.type, error.error?.error?.type], ['error', 'api_error'], 'type');
    check(text && LONG.startsWith(text), `text before the error: ${text}`);
  },
  async context_length() {
    const error = await raised(create(anthropic, 'toolong'));
    equal([error.constructor.name, error.status, error.error?.error?.type], ['BadRequestError', 400, 'invalid_request_error'], 'class, status, type');
  },
  async quota() {
    equal((await raised(create(anthropic, 'quota'))).status, 429, 'status');
  },
  async by_name() {
    equal(words(await create(anthropic, 'byname', { model: server.byName?.('reasoning=6,chunks=8') })), WEATHER, 'text');
  },
  async wrong_key() {
    if (VIA === 'direct' && SERVER === 'simulated') skip('the simulated provider takes any key');
    const error = await raised(create(client({ apiKey: 'sk-wrong' }), 'text'));
    equal([error.constructor.name, error.status], ['AuthenticationError', 401], 'class and status');
    if (VIA === 'weir') equal(error.error?.error?.type, 'authentication_error', 'type');  // aimock has OpenAI's body here
  },
  async unknown_model() {
    if (VIA === 'direct') skip(`${SERVER} knows every model`);
    const error = await raised(create(anthropic, 'text', { model: 'nobody-has-this' }));
    equal([error.constructor.name, error.status, error.error?.error?.type], ['NotFoundError', 404, 'not_found_error'], 'class, status, type');
  },
  ...errors,
});
