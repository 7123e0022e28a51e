import createClient, { type Middleware } from 'openapi-fetch';
import { ProblemError, problemFrom } from './problem';
import type { paths } from './schema';
import { currentWorkspace } from './workspace';

type Listeners = { onUnauthenticated: () => void; onWorkspaceChanged: () => void };

let listeners: Listeners = { onUnauthenticated: () => {}, onWorkspaceChanged: () => {} };

/** Who reacts when an answer says that the session ended or moved to another workspace. Set once, by the application. */
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

const session: Middleware = {
  onRequest({ request, schemaPath }) {
    const workspace = currentWorkspace();
    if (workspace && namesWorkspace(request.method, schemaPath)) request.headers.set('X-Inventiv-Workspace', workspace);
    return request;
  },
  async onResponse({ response, schemaPath }) {
    if (response.ok) return undefined;
    const problem = problemFrom(response, await response.json().catch(() => null));
    if (problem.status === 401 && schemaPath !== '/auth/login' && problem.code !== 'invalid_credentials') {
      listeners.onUnauthenticated();
    }
    if (problem.code === 'workspace_changed') listeners.onWorkspaceChanged();
    throw new ProblemError(problem);
  },
};

export const api = createClient<paths>({
  baseUrl: window.location.origin,
  credentials: 'same-origin',
  // Looked up at each call, so that tests can replace it.
  fetch: (request) => fetch(request),
});
api.use(session);

/** The body of an answer; refusals have already been thrown as `ProblemError`. */
export async function body<T>(answer: Promise<{ data?: T }>): Promise<T> {
  const { data } = await answer;
  return data as T;
}
