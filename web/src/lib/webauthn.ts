import { ProblemError } from '@/api/problem';

type Json = Record<string, unknown>;
/** For the server alone to read: the contract calls it an object and no more. */
type Answer = Record<string, never>;

/** Browsers without passkeys, and pages that aren't secure, have no such interface. */
export function supportsPasskeys(): boolean {
  return typeof window.PublicKeyCredential === 'function' && Boolean(navigator.credentials);
}

/** Has the browser make a passkey from the server's options; answers what goes back to the server. */
export async function createPasskey(options: object): Promise<Answer> {
  const { challenge, user, excludeCredentials, ...rest } = options as {
    challenge: string;
    user: Json & { id: string };
    excludeCredentials?: (Json & { id: string })[];
  };
  const publicKey = {
    ...rest,
    challenge: bytes(challenge),
    user: { ...user, id: bytes(user.id) },
    excludeCredentials: excludeCredentials?.map((credential) => ({ ...credential, id: bytes(credential.id) })),
  } as unknown as PublicKeyCredentialCreationOptions;
  const credential = await asked(() => navigator.credentials.create({ publicKey }));
  const response = credential.response as AuthenticatorAttestationResponse;
  return answer(credential, {
    attestationObject: text(response.attestationObject),
    clientDataJSON: text(response.clientDataJSON),
    transports: response.getTransports?.() ?? [],
  });
}

/** Has the browser sign with one of the passkeys that the server's options name. */
export async function signWithPasskey(options: object): Promise<Answer> {
  const { challenge, allowCredentials, ...rest } = options as {
    challenge: string;
    allowCredentials: (Json & { id: string })[];
  };
  const publicKey = {
    ...rest,
    challenge: bytes(challenge),
    allowCredentials: allowCredentials.map((credential) => ({ ...credential, id: bytes(credential.id) })),
  } as unknown as PublicKeyCredentialRequestOptions;
  const credential = await asked(() => navigator.credentials.get({ publicKey }));
  const response = credential.response as AuthenticatorAssertionResponse;
  return answer(credential, {
    authenticatorData: text(response.authenticatorData),
    clientDataJSON: text(response.clientDataJSON),
    signature: text(response.signature),
    userHandle: response.userHandle ? text(response.userHandle) : null,
  });
}

function answer(credential: PublicKeyCredential, response: Json): Answer {
  const whole: Json = {
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    response,
    clientExtensionResults: {},
  };
  return whole as Answer;
}

/** What the browser says when nothing came of it, as problems that have words. */
async function asked(ask: () => Promise<Credential | null>): Promise<PublicKeyCredential> {
  try {
    const credential = await ask();
    if (credential) return credential as PublicKeyCredential;
  } catch (failure) {
    const name = failure instanceof Error ? failure.name : '';
    // The authenticator holds one of the excluded passkeys.
    if (name === 'InvalidStateError') throw new ProblemError({ status: 0, code: 'passkey_exists' });
    if (name !== 'NotAllowedError' && name !== 'AbortError') throw failure;
  }
  throw new ProblemError({ status: 0, code: 'passkey_cancelled' });
}

function bytes(base64url: string): ArrayBuffer {
  const binary = atob(base64url.replace(/-/g, '+').replace(/_/g, '/'));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0)).buffer;
}

function text(buffer: ArrayBuffer): string {
  const binary = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(binary).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
}
