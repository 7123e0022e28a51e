export type { Permission } from '@/api/codes';

/** The areas of `modules[]` in `GET /auth/me` that have a page here. */
export type ModuleName =
  | 'dashboard'
  | 'chat'
  | 'api_keys'
  | 'models'
  | 'instances'
  | 'members'
  | 'invitations'
  | 'users'
  | 'audit'
  | 'finops'
  | 'jobs';
