import createClient, { type Middleware } from 'openapi-fetch';
import { earlyAnswer } from './early-answer';
import { ProblemError, problemFrom } from './problem';
import { isFromProxy, probe, serverAnswered } from './reachability';
import type { paths } from './schema';
import { currentWorkspace } from './workspace';

type Listeners = {
  onUnauthenticated: () => void;
  onWorkspaceChanged: () => void;
  /** Asks the person to confirm that it is them; false when they'd rather not. */
  onProofNeeded: () => Promise<boolean>;
};

let listeners: Listeners = {
  onUnauthenticated: () => {},
  onWorkspaceChanged: () => {},
  onProofNeeded: async () => false,
};

/**
 * Who reacts when an answer says that the session ended, moved to another workspace, or that the person must confirm first that it is
 * them. Set once, by the application.
 */
export function onSessionTrouble(next: Listeners): void {
  listeners = next;
}

const workspaceFree = [/^\/auth\//, /^\/organizations$/, /^\/organizations\/current$/];

/** The workspace header protects against acting in the wrong organization; the exempt paths are those that change or list them. */
function namesWorkspace(method: string, path: string): boolean {
  if (path === '/organizations/current') return method !== 'PUT';
  if (path === '/organizations') return method !== 'GET';
  return !workspaceFree.some((pattern) => pattern.test(path));
}

/** What a request was, for sending it once more: its body is read only once. */
const copies = new WeakMap<Request, Request>();

const session: Middleware = {
  onRequest({ request, schemaPath }) {
    const workspace = currentWorkspace();
    if (workspace && namesWorkspace(request.method, schemaPath)) request.headers.set('X-Inventiv-Workspace', workspace);
    if (request.method !== 'GET') copies.set(request, request.clone());
    return request;
  },
  async onResponse({ request, response, schemaPath }) {
    if (isFromProxy(response)) void probe();
    else serverAnswered();
    if (response.ok) return undefined;
    const problem = problemFrom(response, await response.json().catch(() => null));
    const copy = copies.get(request);
    if (problem.code === 'reauthentication_required' && copy && (await listeners.onProofNeeded())) {
      const again = await fetch(copy);
      if (again.ok) return again;
      throw new ProblemError(problemFrom(again, await again.json().catch(() => null)));
    }
    if (problem.status === 401 && !schemaPath.startsWith('/auth/login') && problem.code !== 'invalid_credentials') {
      listeners.onUnauthenticated();
    }
    if (problem.code === 'workspace_changed') listeners.onWorkspaceChanged();
    throw new ProblemError(problem);
  },
  onError({ error }) {
    // Given up by the page, a request ends otherwise.
    if (error instanceof TypeError) void probe();
    return undefined;
  },
};

export const api = createClient<paths>({
  baseUrl: window.location.origin,
  credentials: 'same-origin',
  // Looked up at each call, so that tests can replace it.
  fetch: (request) => earlyAnswer(request) ?? fetch(request),
});
api.use(session);

/** The body of an answer; refusals have already been thrown as `ProblemError`. */
export async function body<T>(answer: Promise<{ data?: T }>): Promise<T> {
  const { data } = await answer;
  return data as T;
}
