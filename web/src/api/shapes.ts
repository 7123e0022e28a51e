import type { paths } from './schema';

/** The JSON body of an operation's successful answers. */
type Answer<Operation> = Operation extends { responses: infer Responses }
  ? Json<Responses[keyof Responses & (200 | 201 | 202)]>
  : never;
type Json<Response> = Response extends { content: { 'application/json': infer Body } } ? Body : never;
type Item<List> = List extends { items: (infer Entry)[] } ? Entry : never;

/** Shapes are taken from paths, not from component names, so that the generated file can be replaced at any time. */
export type Me = Answer<paths['/auth/me']['get']>;
export type Module = Me['modules'][number];
export type Session = Item<Answer<paths['/auth/sessions']['get']>>;
export type SecondFactors = Answer<paths['/auth/me/second-factors']['get']>;
export type Passkey = SecondFactors['passkeys'][number];
/** What signing in answers instead of a session where a second factor is asked for. */
export type SignInChallenge = Json<paths['/auth/login']['post']['responses'][202]>;
export type Organization = Item<Answer<paths['/organizations']['get']>>;
export type Member = Item<Answer<paths['/organizations/current/members']['get']>>;
export type DeletionPreview = Answer<paths['/organizations/current/deletion_preview']['get']>;
/** What a link invites to. */
export type InvitationPage = Answer<paths['/organizations/invitations/{token}']['get']>;
export type Invitation = Item<Answer<paths['/organizations/current/invitations']['get']>>;
export type InvitationResult = Item<Answer<paths['/organizations/current/invitations']['post']>>;
export type User = Item<Answer<paths['/users']['get']>>;
export type AuditPage = Answer<paths['/audit_log']['get']>;
export type AuditEntry = Item<AuditPage>;
export type Model = Answer<paths['/models/{id}']['get']>;
export type Zone = Item<Answer<paths['/zones']['get']>>;
export type Provider = Item<Answer<paths['/providers']['get']>>;
export type InstanceType = Item<Answer<paths['/instance_types']['get']>>;
/** Its status is text here: one that this console doesn't know yet is shown as the server calls it. */
export type Instance = Omit<Answer<paths['/instances/{id}']['get']>, 'status'> & { status: string };
export type InstanceTransition = Item<Answer<paths['/instances/{id}/history']['get']>>;
export type ApiKey = Item<Answer<paths['/api_keys']['get']>>;
export type CreatedApiKey = Answer<paths['/api_keys']['post']>;
export type ChatModel = Item<Answer<paths['/chat/models']['get']>>;
export type CurrentCost = Answer<paths['/finops/cost/current']['get']>;
export type DayCost = Item<Answer<paths['/finops/cost/daily']['get']>>;
export type Usage = Answer<paths['/finops/usage']['get']>;
export type UsageItem = Usage['items'][number];
export type Job = Item<Answer<paths['/platform/jobs']['get']>>;
export type Activation = 'tech' | 'eco';
