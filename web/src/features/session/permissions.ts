/** The permissions this console asks about; the server's matrix is larger and has the last word. */
export type Permission =
  | 'organization.create'
  | 'organization.read'
  | 'organization.update'
  | 'member.read'
  | 'chat.use'
  | 'usage.read_own'
  | 'finops.read'
  | 'instance.read'
  | 'instance.create'
  | 'instance.terminate'
  | 'instance.activate_tech'
  | 'instance.activate_eco'
  | 'model.read'
  | 'model.activate_tech'
  | 'model.activate_eco'
  | 'api_key.read'
  | 'api_key.create'
  | 'api_key.revoke';

/** The areas of `modules[]` in `GET /auth/me` that have a page here. */
export type ModuleName = 'dashboard' | 'chat' | 'api_keys' | 'models' | 'instances' | 'members' | 'finops';
