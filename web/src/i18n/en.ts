import type { CodedWords } from './coded-words';
import account from './en/account.json';
import apiKeys from './en/api-keys.json';
import audit from './en/audit.json';
import chat from './en/chat.json';
import common from './en/common.json';
import dashboard from './en/dashboard.json';
import deploy from './en/deploy.json';
import finops from './en/finops.json';
import instances from './en/instances.json';
import invitations from './en/invitations.json';
import jobs from './en/jobs.json';
import members from './en/members.json';
import models from './en/models.json';
import organizations from './en/organizations.json';
import problems from './en/problems.json';
import recovery from './en/recovery.json';
import secondFactors from './en/second-factors.json';
import session from './en/session.json';
import usage from './en/usage.json';
import users from './en/users.json';

/** All words of the console in English, one file per feature; other languages must have the same keys. */
export const en = {
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
