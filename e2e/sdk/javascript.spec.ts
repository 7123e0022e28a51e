import OpenAI, { APIUserAbortError, AuthenticationError, BadRequestError, NotFoundError } from 'openai';
import type { Gateway } from '../fixtures/deployment';
import { expect, test } from '../fixtures/test';

// OpenAI's own JavaScript SDK against the gateway, with nothing changed but its address.

const QUESTION = [{ role: 'user' as const, content: 'Count the tokens of this answer' }];

function client(gateway: Gateway, apiKey = gateway.key): OpenAI {
  return new OpenAI({ baseURL: gateway.baseURL, apiKey, maxRetries: 0 });
}

test('models that the key may call are listed', async ({ gateway }) => {
  const models = await client(gateway).models.list();
  const model = models.data.find(({ id }) => id === gateway.model);
  expect(model).toMatchObject({ object: 'model' });
  expect(await client(gateway).models.retrieve(gateway.model)).toMatchObject({ id: gateway.model });
});

test('a completion has an answer and its usage', async ({ gateway }) => {
  const completion = await client(gateway).chat.completions.create({ model: gateway.model, messages: QUESTION });
  expect(completion.model).toBe(gateway.model);
  expect(completion.choices[0]?.message.content).toContain('Count the tokens');
  expect(completion.choices[0]?.finish_reason).toBe('stop');
  const usage = completion.usage;
  expect(usage?.completion_tokens).toBeGreaterThan(0);
  expect(usage?.total_tokens).toBe((usage?.prompt_tokens ?? 0) + (usage?.completion_tokens ?? 0));
  expect(completion._request_id).toBeTruthy();
});

test('a limit of tokens is kept and said', async ({ gateway }) => {
  const completion = await client(gateway).chat.completions.create({
    model: gateway.model,
    messages: QUESTION,
    max_tokens: 3,
  });
  expect(completion.usage?.completion_tokens).toBe(3);
  expect(completion.choices[0]?.finish_reason).toBe('length');
});

test('a stream that asks for usage ends with it', async ({ gateway }) => {
  const stream = await client(gateway).chat.completions.create({
    model: gateway.model,
    messages: QUESTION,
    stream: true,
    stream_options: { include_usage: true },
  });
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  const text = chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('');
  expect(text).toContain('Count the tokens');
  const last = chunks.at(-1);
  expect(last?.choices).toEqual([]);
  expect(last?.usage?.completion_tokens).toBeGreaterThan(0);
  expect(chunks.slice(0, -1).every(({ usage }) => !usage)).toBe(true);
});

test('a stream that does not ask for usage shows none', async ({ gateway }) => {
  const stream = await client(gateway).chat.completions.create({
    model: gateway.model,
    messages: QUESTION,
    stream: true,
  });
  let finished = 0;
  for await (const chunk of stream) {
    expect(chunk.usage ?? null).toBeNull();
    expect(chunk.choices).toHaveLength(1);
    if (chunk.choices[0]?.finish_reason) finished += 1;
  }
  expect(finished).toBe(1);
});

test('a client that hangs up stops the answer, and the next request is answered', async ({ gateway }) => {
  const abort = new AbortController();
  const stream = await client(gateway).chat.completions.create(
    { model: gateway.model, messages: QUESTION, stream: true, max_tokens: 500 },
    { signal: abort.signal },
  );
  let received = 0;
  const reading = (async () => {
    for await (const _ of stream) {
      received += 1;
      abort.abort();
    }
  })();
  await reading.catch((error: unknown) => expect(error).toBeInstanceOf(APIUserAbortError));
  expect(received).toBeGreaterThan(0);
  const next = await client(gateway).chat.completions.create({ model: gateway.model, messages: QUESTION });
  expect(next.choices[0]?.finish_reason).toBe('stop');
});

test('a wrong key is an AuthenticationError', async ({ gateway }) => {
  const refused = client(gateway, 'inv_wrong_key').models.list();
  await expect(refused).rejects.toThrow(AuthenticationError);
  await expect(refused).rejects.toMatchObject({ status: 401, code: 'invalid_api_key' });
});

test('an unknown model is a NotFoundError', async ({ gateway }) => {
  const refused = client(gateway).chat.completions.create({ model: 'no-such-model', messages: QUESTION });
  await expect(refused).rejects.toThrow(NotFoundError);
  await expect(refused).rejects.toMatchObject({ status: 404, code: 'model_not_found' });
});

test('a prompt longer than the context is a BadRequestError that says so', async ({ gateway }) => {
  const content = 'word '.repeat(100_000);
  const refused = client(gateway).chat.completions.create({
    model: gateway.model,
    messages: [{ role: 'user', content }],
  });
  await expect(refused).rejects.toThrow(BadRequestError);
  await expect(refused).rejects.toThrow(/context/);
});
