import { afterEach, expect, it, vi } from 'vitest';
import { asProblem } from '@/api/problem';
import { createPasskey, signWithPasskey } from './webauthn';

const buffer = (...numbers: number[]) => Uint8Array.from(numbers).buffer;

function browser(credentials: object) {
  vi.stubGlobal('navigator', { ...navigator, credentials });
}
afterEach(() => vi.unstubAllGlobals());

it('hands binary parts to the browser as bytes and to the server as base64url', async () => {
  const get = vi.fn(async (_options: { publicKey: Record<string, unknown> }) => ({
    id: '-_8',
    rawId: buffer(251, 255),
    type: 'public-key',
    response: {
      authenticatorData: buffer(1),
      clientDataJSON: buffer(2),
      signature: buffer(255, 254, 253),
      userHandle: null,
    },
  }));
  browser({ get });
  const answer = await signWithPasskey({
    challenge: '-_8',
    rpId: 'localhost',
    allowCredentials: [{ id: 'AQ', type: 'public-key' }],
  });
  const { publicKey } = get.mock.calls[0]?.[0] ?? { publicKey: {} };
  expect([...new Uint8Array(publicKey.challenge as ArrayBuffer)]).toEqual([251, 255]);
  const [allowed] = publicKey.allowCredentials as { id: ArrayBuffer }[];
  expect([...new Uint8Array(allowed?.id ?? new ArrayBuffer(0))]).toEqual([1]);
  expect(publicKey.rpId).toBe('localhost');
  expect(answer).toMatchObject({ id: '-_8', rawId: '-_8', response: { signature: '__79', userHandle: null } });
});

it.each([
  ['NotAllowedError', 'passkey_cancelled'],
  ['InvalidStateError', 'passkey_exists'],
])('says in words of ours that the browser answered %s', async (name, code) => {
  browser({
    create: async () => {
      throw new DOMException('no', name);
    },
  });
  const options = { challenge: 'AQ', user: { id: 'AQ', name: 'ann' } };
  const error = await createPasskey(options).catch((thrown: unknown) => thrown);
  expect(asProblem(error).code).toBe(code);
});
