import type { CodedWords } from './coded-words';
import account from './fr/account.json';
import apiKeys from './fr/api-keys.json';
import audit from './fr/audit.json';
import chat from './fr/chat.json';
import common from './fr/common.json';
import dashboard from './fr/dashboard.json';
import deploy from './fr/deploy.json';
import finops from './fr/finops.json';
import instances from './fr/instances.json';
import invitations from './fr/invitations.json';
import jobs from './fr/jobs.json';
import members from './fr/members.json';
import models from './fr/models.json';
import organizations from './fr/organizations.json';
import problems from './fr/problems.json';
import recovery from './fr/recovery.json';
import secondFactors from './fr/second-factors.json';
import session from './fr/session.json';
import usage from './fr/usage.json';
import users from './fr/users.json';

/** All words of the console in French; loaded when somebody reads French. */
export const fr = {
  account,
  apiKeys,
  audit,
  chat,
  common,
  dashboard,
  deploy,
  finops,
  instances,
  invitations,
  jobs,
  members,
  models,
  organizations,
  problems,
  recovery,
  secondFactors,
  session,
  usage,
  users,
} satisfies CodedWords;
