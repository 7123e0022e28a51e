import { vi } from 'vitest';

type Answer = { status?: number; body?: unknown; etag?: string };

/** Stands in for the server: answers by "METHOD /path", remembers what was sent. Anything else is a 404. */
export function answering(answers: Record<string, Answer | ((body: unknown, search: string) => Answer)>) {
  const sent: { call: string; search: string | undefined; body: unknown; ifMatch?: string }[] = [];
  vi.stubGlobal('fetch', async (request: Request) => {
    const { pathname, search } = new URL(request.url);
    const call = `${request.method} ${pathname}`;
    const text = await request.text();
    const received: unknown = text ? JSON.parse(text) : undefined;
    sent.push({
      call,
      search: search || undefined,
      body: received,
      ifMatch: request.headers.get('if-match') ?? undefined,
    });
    const found = answers[call] ?? { status: 404, body: { code: 'not_found', status: 404 } };
    const { status = 200, body, etag } = typeof found === 'function' ? found(received, search) : found;
    return new Response(body === undefined ? null : JSON.stringify(body), {
      status,
      headers: { 'content-type': 'application/json', ...(etag && { etag }) },
    });
  });
  return sent;
}
