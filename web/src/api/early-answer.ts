declare global {
  interface Window {
    /** The answer of `GET /auth/me` that `public/start.js` asked for before the scripts were there. */
    inventivMe?: Promise<Response>;
  }
}

/** That answer, once, for the request it belongs to: whoever asks again wants to know how it is now. */
export function earlyAnswer(request: Request): Promise<Response> | undefined {
  const early = window.inventivMe;
  if (!early || request.method !== 'GET' || new URL(request.url).pathname !== '/auth/me') return undefined;
  window.inventivMe = undefined;
  return early;
}
