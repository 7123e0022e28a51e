import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { api, onSessionTrouble } from './client';
import { asProblem } from './problem';
import { rememberWorkspace } from './workspace';

const onUnauthenticated = vi.fn();
const onWorkspaceChanged = vi.fn();
const onProofNeeded = vi.fn(async () => false);
const requests: Request[] = [];
let answer = () => new Response('{}', { status: 200, headers: { 'content-type': 'application/json' } });

beforeEach(() => {
  requests.length = 0;
  vi.clearAllMocks();
  onSessionTrouble({ onUnauthenticated, onWorkspaceChanged, onProofNeeded });
  vi.stubGlobal('fetch', async (request: Request) => {
    requests.push(request);
    return answer();
  });
  rememberWorkspace('org-1');
});

afterEach(() => {
  vi.unstubAllGlobals();
  answer = () => new Response('{}', { status: 200, headers: { 'content-type': 'application/json' } });
});

const refuse = (status: number, body: unknown) => {
  answer = () =>
    new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/problem+json' } });
};

describe('the workspace header', () => {
  it('is on requests about the workspace', async () => {
    await api.GET('/instances');
    await api.GET('/organizations/current');
    await api.POST('/organizations', { body: { name: 'Acme' } });
    expect(requests.map((request) => request.headers.get('X-Inventiv-Workspace'))).toEqual(['org-1', 'org-1', 'org-1']);
  });

  it('is not on requests that find out or change the workspace', async () => {
    await api.GET('/auth/me');
    await api.GET('/organizations');
    await api.PUT('/organizations/current', { body: { organization_id: null } });
    expect(requests.map((request) => request.headers.get('X-Inventiv-Workspace'))).toEqual([null, null, null]);
  });

  it('says personal outside organizations', async () => {
    rememberWorkspace(null);
    await api.GET('/api_keys');
    expect(requests[0]?.headers.get('X-Inventiv-Workspace')).toBe('personal');
  });
});

describe('an act that needs a fresh proof of who acts', () => {
  const needed = () => new Response('{"code":"reauthentication_required"}', { status: 403 });

  it('is done, with what it carried, once the person confirmed', async () => {
    onProofNeeded.mockResolvedValueOnce(true);
    answer = () => (requests.length === 1 ? needed() : new Response('{"id":"k1"}', { status: 201 }));
    const { data } = await api.POST('/api_keys', { body: { name: 'CI' } });
    expect(data).toEqual({ id: 'k1' });
    expect(requests.map((request) => request.headers.get('X-Inventiv-Workspace'))).toEqual(['org-1', 'org-1']);
    expect(await requests[1]?.json()).toEqual({ name: 'CI' });
  });

  it('is refused in these words when the person would rather not', async () => {
    answer = needed;
    const error = await api.DELETE('/auth/me/totp').catch((thrown: unknown) => thrown);
    expect(asProblem(error).code).toBe('reauthentication_required');
    expect(requests).toHaveLength(1);
  });

  it('is refused as it is then, when something else stands in the way', async () => {
    onProofNeeded.mockResolvedValueOnce(true);
    answer = () => (requests.length === 1 ? needed() : new Response('{"code":"not_found"}', { status: 404 }));
    const error = await api.DELETE('/auth/me/totp').catch((thrown: unknown) => thrown);
    expect(asProblem(error).code).toBe('not_found');
  });
});

describe('a refused request', () => {
  it('throws the problem document', async () => {
    refuse(403, { code: 'forbidden', detail: 'No.', permission: 'instance.create', request_id: 'r1' });
    const error = await api.GET('/instances').catch((thrown: unknown) => thrown);
    expect(asProblem(error)).toMatchObject({
      status: 403,
      code: 'forbidden',
      permission: 'instance.create',
      request_id: 'r1',
    });
  });

  it('leads to sign-in when the session has ended', async () => {
    refuse(401, { code: 'unauthenticated' });
    await expect(api.GET('/instances')).rejects.toThrow();
    expect(onUnauthenticated).toHaveBeenCalledOnce();
  });

  it('stays on the page when the sign-in itself is refused', async () => {
    refuse(401, { code: 'invalid_credentials' });
    await expect(api.POST('/auth/login', { body: { login: 'a', password: 'b' } })).rejects.toThrow();
    expect(onUnauthenticated).not.toHaveBeenCalled();
  });

  it('reloads the session when the workspace changed elsewhere', async () => {
    refuse(409, { code: 'workspace_changed' });
    await expect(api.GET('/instances')).rejects.toThrow();
    expect(onWorkspaceChanged).toHaveBeenCalledOnce();
  });

  it('gets a code even when the body is a page of some proxy', async () => {
    answer = () => new Response('<html>', { status: 502 });
    const error = await api.GET('/instances').catch((thrown: unknown) => thrown);
    expect(asProblem(error)).toMatchObject({ status: 502, code: 'http_502' });
  });
});
