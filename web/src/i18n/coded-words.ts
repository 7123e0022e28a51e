import type {
  Engine,
  ErrorCode,
  FailureCode,
  FieldCode,
  InstanceReason,
  InstanceStatus,
  InstanceStep,
  InvitationStatus,
  KeyStatus,
  Permission,
  Role,
  Unit,
} from '@/api/codes';
import type { Job } from '@/api/shapes';

/** What happens in the browser alone and reads like a problem. */
type OwnCode = 'passkey_cancelled';

/** `api_key.create` as a key of its words: dots would lead deeper. */
export type Underscored<Name extends string> = Name extends `${infer First}.${infer Rest}`
  ? `${First}_${Underscored<Rest>}`
  : Name;

/** What every language must say: words for each code, permission and status of the server. One that is missing doesn't compile. */
export type CodedWords = {
  [feature: string]: object;
  problems: {
    code: Record<ErrorCode | OwnCode, { title: string; detail: string }>;
    fieldCode: Record<Exclude<FieldCode, 'length' | 'range'>, string>;
    /** `length` and `range`, by what their numbers count. */
    limit: Record<Unit, { between: string; atMost: string }>;
    permission: Record<Underscored<Permission>, string>;
  };
  instances: {
    status: Record<InstanceStatus, string>;
    failure: Record<FailureCode, string>;
    reason: Record<InstanceReason, string>;
    step: Record<InstanceStep, string>;
  };
  invitations: { status: Record<InvitationStatus, string> };
  apiKeys: { status: Record<KeyStatus, string>; state: Record<Exclude<KeyStatus, 'expiring'>, string> };
  models: { engine: Record<Engine, string> };
  organizations: { role: Record<Role, string> };
  jobs: { state: Record<Job['state'], string> };
  members: { roleDetail: Record<Role, string> };
};
