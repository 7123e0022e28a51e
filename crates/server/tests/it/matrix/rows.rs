//! One row for each operation: what its id names, a good body, whether it changes things. An operation without a row fails the
//! matrix, and so does a row without its operation.

use inventiv_server::permissions::{Role, WorkspaceRole};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::world::{Factors, Principal, Side, World};
use crate::harness::{PASSWORD, code_at};

/// What the id in the path names.
#[derive(Debug, Clone, Copy)]
pub enum Names {
    Nothing,
    /// A row of a tenant, by its table.
    RowOf(&'static str),
    /// A row of a tenant, or one of the platform's, which everybody may read.
    PublicRowOf(&'static str),
    /// Another session of the own account.
    Session,
    /// A passkey of the own account.
    Passkey,
    /// A row of the catalogue, which belongs to nobody.
    Catalog(&'static str),
    /// A member of the organization, the one with the least rights.
    Member,
    /// The same person's account, which the platform's admins see wherever it belongs.
    Account,
    /// A job of the platform's queue, which its admins see whoever it is about.
    Job,
    /// An invitation, by the token in its link: whoever holds it may see it.
    Invitation,
}

/// A good body for a principal; the id is the one in the path.
type Body = fn(&World, &Principal) -> Value;

/// A body that refers to something through an id, for whichever id.
type Reference = fn(&World, &Principal, Uuid) -> Value;

#[derive(Clone)]
pub struct Row {
    pub operation: &'static str,
    pub names: Names,
    pub changes: bool,
    /// The status of success.
    pub success: u16,
    pub body: Option<Body>,
    /// What a reference in the body points at, by its table: a foreign id answers 422 like an absent one.
    pub references: &'static [(&'static str, Reference)],
    pub query: &'static str,
    /// SQL that makes the act possible, with `{id}` of what it names, the `{tenant}` and a `{colleague}` of the owner.
    pub arrange: &'static str,
    /// Only owners may, whoever else has the permission: 403 `delegation`.
    pub for_owners: bool,
    /// What others than the anonymous may be answered besides, where nobody needs to sign in.
    pub otherwise: &'static [u16],
    /// The answer goes on until somebody hangs up.
    pub streams: bool,
    /// Shows people, whom the platform's admins see wherever they belong.
    pub shows_people: bool,
    /// Shows ids of jobs and mails to the platform's admins, whoever they are about, and nothing else of them.
    pub shows_queue: bool,
}

const fn row(operation: &'static str, names: Names, changes: bool, success: u16) -> Row {
    Row {
        operation,
        names,
        changes,
        success,
        body: None,
        references: &[],
        query: "",
        arrange: "",
        for_owners: false,
        otherwise: &[],
        streams: false,
        shows_people: false,
        shows_queue: false,
    }
}

const fn reads(operation: &'static str) -> Row {
    row(operation, Names::Nothing, false, 200)
}

const fn reads_a(operation: &'static str, names: Names) -> Row {
    row(operation, names, false, 200)
}

const fn changes(operation: &'static str, success: u16) -> Row {
    row(operation, Names::Nothing, true, success)
}

const fn changes_a(operation: &'static str, names: Names, success: u16) -> Row {
    row(operation, names, true, success)
}

impl Row {
    const fn with(self, body: Body) -> Self {
        Self {
            body: Some(body),
            ..self
        }
    }

    const fn arranged(self, arrange: &'static str) -> Self {
        Self { arrange, ..self }
    }

    const fn asking(self, query: &'static str) -> Self {
        Self { query, ..self }
    }

    const fn streaming(self) -> Self {
        Self { streams: true, ..self }
    }

    const fn showing_people(self) -> Self {
        Self {
            shows_people: true,
            ..self
        }
    }

    const fn showing_the_queue(self) -> Self {
        Self {
            shows_queue: true,
            ..self
        }
    }

    const fn otherwise(self, otherwise: &'static [u16]) -> Self {
        Self { otherwise, ..self }
    }

    const fn for_owners(self) -> Self {
        Self {
            for_owners: true,
            ..self
        }
    }

    const fn referring(self, references: &'static [(&'static str, Reference)]) -> Self {
        Self { references, ..self }
    }
}

pub const ROWS: &[Row] = &[
    // operation
    reads("healthz"),
    reads("readyz"),
    reads("version"),
    // account
    // With the password alone: the second step has its own row.
    changes("login", 200)
        .with(|world, _| json!({"login": email(world, "owner"), "password": PASSWORD}))
        .arranged("DELETE FROM passkeys; DELETE FROM totp_authenticators"),
    changes("answer_second_factor", 200)
        .with(|world, _| {
            let code = factor(world.principal("owner"), |factors| factors.recovery_code.clone());
            json!({"challenge": format!("challenge {}", Side::Alpha.marker()), "recovery_code": code})
        })
        .arranged(
            "UPDATE recovery_codes SET used_at = NULL;
         INSERT INTO sign_in_challenges (token_hash, user_id, created_at, expires_at)
            SELECT sha256('challenge canary-alpha-x7'), id, now(), now() + interval '1 hour' FROM users
                WHERE username = 'owner.canary-alpha-x7' ON CONFLICT DO NOTHING",
        ),
    changes("logout", 204),
    changes("refresh_token", 200),
    reads("get_me"),
    changes("update_me", 200).with(|_, _| json!({"first_name": "Renamed"})),
    changes("change_password", 204)
        .with(|_, _| json!({"current_password": PASSWORD, "new_password": "another good password"})),
    changes("request_password_reset", 202).with(|world, _| json!({"email": email(world, "owner")})),
    changes("reset_password", 204)
        .with(|_, _| json!({"token": format!("reset {}", Side::Alpha.marker()), "password": "another good password"}))
        .arranged("UPDATE password_reset_tokens SET used_at = NULL, expires_at = now() + interval '1 hour'"),
    changes("request_email_change", 202).with(|_, _| json!({"email": "new@example.test", "password": PASSWORD})),
    changes("confirm_email_change", 204)
        .with(|_, _| json!({"token": format!("change {}", Side::Alpha.marker())}))
        .arranged("UPDATE email_changes SET used_at = NULL, expires_at = now() + interval '1 hour'"),
    // Neither the only owner of an organization nor the only admin of the platform may go.
    changes("delete_own_account", 204)
        .with(|_, _| json!({"password": PASSWORD}))
        .arranged(
            "UPDATE organization_memberships SET role = 'owner' WHERE user_id = '{colleague}';
         UPDATE users SET platform_role = 'admin' WHERE username LIKE 'solo.%'",
        ),
    changes("start_reauthentication", 200),
    changes("reauthenticate", 204).with(|_, _| json!({"password": PASSWORD})),
    reads("get_second_factors"),
    changes("start_totp", 200),
    changes("confirm_totp", 200).with(|world, principal| {
        let secret = factor(principal, |factors| factors.totp_secret.clone());
        json!({"code": code_at(&secret, world.built_at)})
    }),
    changes("remove_totp", 204),
    changes("start_passkey", 200),
    changes("create_passkey", 201)
        .with(|_, principal| factor(principal, |factors| factors.another_passkey.clone()))
        .arranged("UPDATE passkey_ceremonies SET expires_at = now() + interval '1 hour'"),
    changes_a("update_passkey", Names::Passkey, 200).with(|_, _| json!({"name": "Renamed"})),
    changes_a("delete_passkey", Names::Passkey, 204),
    changes("renew_recovery_codes", 200),
    reads("list_sessions"),
    changes_a("revoke_session", Names::Session, 204),
    changes("revoke_other_sessions", 200),
    // organizations
    reads("list_organizations"),
    changes("create_organization", 201).with(|_, _| json!({"name": "A new one"})),
    reads("get_current_organization"),
    changes("switch_organization", 200)
        .with(|_, _| json!({"organization_id": null}))
        .referring(&[("organizations", |_, _, id| json!({"organization_id": id}))]),
    changes("update_current_organization", 200).with(|_, _| json!({"name": "Renamed"})),
    changes("update_policies", 200).with(|_, _| json!({"members_can_create_keys": true})),
    reads("preview_organization_deletion"),
    changes("delete_organization", 200)
        .with(|_, principal| json!({"slug": format!("org-{}", principal.side.marker())}))
        .arranged("UPDATE instances SET status = 'terminated' WHERE tenant = '{tenant}'"),
    reads("get_current_role"),
    reads("list_members"),
    // members
    changes_a("assign_member_role", Names::Member, 200).with(|_, principal| {
        // What the principal may give to a user.
        let manager = principal.role == Some(WorkspaceRole::Organization(Role::Manager));
        json!({"role": if manager { "manager" } else { "admin" }})
    }),
    changes_a("remove_member", Names::Member, 204),
    changes("leave_organization", 200)
        .arranged("UPDATE organization_memberships SET role = 'owner' WHERE user_id = '{colleague}'"),
    changes("transfer_ownership", 200)
        .with(|world, principal| json!({"user_id": world.side(principal.side).people.get(1)}))
        .referring(&[("members", |_, _, id| json!({"user_id": id}))])
        .for_owners(),
    // invitations
    reads("list_invitations"),
    changes("create_invitations", 201).with(|_, _| json!({"email": "invited@example.test", "role": "user"})),
    changes_a("resend_invitation", Names::RowOf("organization_invitations"), 200),
    changes_a("revoke_invitation", Names::RowOf("organization_invitations"), 204),
    reads_a("get_invitation", Names::Invitation),
    changes_a("accept_invitation", Names::Invitation, 200)
        .with(|_, _| json!({"username": "invited", "password": "another good password"}))
        .arranged(
            "UPDATE organization_invitations SET accepted_at = NULL, accepted_by_user_id = NULL, email = gen_random_uuid() || '@example.test'",
        )
        .otherwise(&[401, 409]),
    // users
    reads("list_users").showing_people(),
    reads("search_users").showing_people(),
    changes("create_user", 201).with(|_, _| json!({"email": "somebody.new@example.test"})),
    reads_a("get_user", Names::Account).showing_people(),
    changes_a("update_user", Names::Account, 200)
        .with(|_, principal| match principal.role {
            Some(WorkspaceRole::Organization(_)) => json!({"role": "admin"}),
            _ => json!({"first_name": "Renamed"}),
        })
        .showing_people(),
    changes_a("delete_user", Names::Account, 204),
    changes_a("remove_user_second_factors", Names::Account, 204),
    // background jobs
    reads("list_jobs").showing_the_queue(),
    changes_a("retry_job", Names::Job, 200)
        .arranged("UPDATE jobs SET state = 'dead', finished_at = now(), attempts = 12 WHERE id = '{id}'"),
    // audit log
    reads("list_audit_log"),
    reads("export_audit_log").asking("?format=jsonl"),
    // API keys
    reads("list_api_keys"),
    reads("search_api_keys"),
    changes("create_api_key", 201).with(|_, _| json!({"name": "A new one"})),
    changes_a("update_api_key", Names::RowOf("api_keys"), 200).with(|_, _| json!({"name": "Renamed"})),
    changes_a("rotate_api_key", Names::RowOf("api_keys"), 201).with(|_, _| json!({"overlap_seconds": 60})),
    changes_a("revoke_api_key", Names::RowOf("api_keys"), 204),
    // catalogue
    reads("list_providers"),
    reads("search_providers"),
    changes("create_provider", 201).with(|_, _| json!({"code": "new", "name": "New"})),
    changes_a("update_provider", Names::Catalog("provider"), 200)
        .with(|_, _| json!({"name": "Renamed", "is_active": true})),
    reads("list_regions"),
    reads("search_regions"),
    changes("create_region", 201)
        .with(|world, _| json!({"provider_id": world.catalog["provider"], "code": "new", "name": "New"})),
    changes_a("update_region", Names::Catalog("region"), 200)
        .with(|_, _| json!({"name": "Renamed", "is_active": true})),
    reads("list_zones"),
    reads("search_zones"),
    changes("create_zone", 201)
        .with(|world, _| json!({"region_id": world.catalog["region"], "code": "new", "name": "New"})),
    changes_a("update_zone", Names::Catalog("zone"), 200).with(|_, _| json!({"name": "Renamed", "is_active": true})),
    reads("list_instance_types"),
    reads("search_instance_types"),
    changes("create_instance_type", 201).with(|world, _| {
        let mut body = instance_type();
        body["provider_id"] = json!(world.catalog["provider"]);
        body["code"] = json!("new");
        body
    }),
    changes_a("update_instance_type", Names::Catalog("instance_type"), 200).with(|_, _| {
        let mut body = instance_type();
        body["is_active"] = json!(true);
        body
    }),
    reads_a("list_instance_type_zones", Names::Catalog("instance_type")),
    changes_a("put_instance_type_zones", Names::Catalog("instance_type"), 200)
        .with(|world, _| json!({"zones": [{"zone_id": world.catalog["zone"], "cost_per_hour_eur": "2"}]})),
    reads_a("list_zone_instance_types", Names::Catalog("zone")),
    reads_a("list_instance_type_models", Names::Catalog("instance_type")),
    // models
    reads("list_models"),
    reads_a("get_model", Names::PublicRowOf("models")),
    changes("create_model", 201).with(|_, _| model("new/model")),
    changes_a("update_model", Names::PublicRowOf("models"), 200).with(|_, _| model("renamed/model")),
    changes_a("delete_model", Names::PublicRowOf("models"), 204)
        .arranged("UPDATE instances SET status = 'terminated' WHERE model_id = '{id}'"),
    changes_a("set_model_price", Names::PublicRowOf("models"), 200)
        .with(|_, _| json!({"input_eur_per_1m": "3", "output_eur_per_1m": "4"})),
    changes_a("activate_model_tech", Names::PublicRowOf("models"), 200).with(|_, _| json!({"active": false})),
    changes_a("activate_model_eco", Names::PublicRowOf("models"), 200).with(|_, _| json!({"active": false})),
    reads_a("get_recommended_data_volume", Names::PublicRowOf("models")),
    // instances
    changes("create_deployment", 202)
        .with(|world, principal| deployment(world, world.side(principal.side).id("models").unwrap_or_default()))
        .referring(&[("models", |world, _, id| deployment(world, id))]),
    reads("list_instances"),
    reads("search_instances"),
    reads_a("get_instance", Names::RowOf("instances")),
    reads_a("get_instance_history", Names::RowOf("instances")),
    changes_a("update_instance", Names::RowOf("instances"), 200).with(|_, _| json!({"name": "Renamed"})),
    changes_a("terminate_instance", Names::RowOf("instances"), 202),
    changes_a("set_instance_tech_activation", Names::RowOf("instances"), 200).with(|_, _| json!({"active": true})),
    changes_a("set_instance_eco_activation", Names::RowOf("instances"), 200).with(|_, _| json!({"active": true})),
    changes("run_reconciliation", 202),
    // costs and usage, live
    reads("get_current_cost"),
    reads("get_daily_cost"),
    reads("get_finops_usage").asking("?group_by=key"),
    reads("get_own_usage").asking("?group_by=key"),
    reads("stream_events").streaming(),
    // gateway: the world's instances aren't activated, so that is as far as a request gets
    reads("list_v1_models"),
    reads_a("get_v1_model", Names::PublicRowOf("models")),
    row("create_chat_completion", Names::Nothing, false, 403)
        .with(|world, principal| {
            let own = world.side(principal.side).id("models");
            completion(own.or(world.side(Side::Platform).id("models")).unwrap_or_default())
        })
        .referring(&[("models", |_, _, id| completion(id))]),
    reads("list_chat_models"),
    // workers: nobody with a session or a key
    changes("register_worker", 200).with(|_, _| json!({})),
    changes("report_heartbeat", 200).with(|_, _| json!({})),
];

fn deployment(world: &World, model: Uuid) -> Value {
    json!({"model_id": model, "instance_type_id": world.catalog["instance_type"], "zone_id": world.catalog["zone"]})
}

fn completion(model: Uuid) -> Value {
    json!({"model": model, "messages": [{"role": "user", "content": "Hello"}]})
}

fn instance_type() -> Value {
    json!({"name": "New", "cpu_count": 8, "memory_gb": 64, "gpu_count": 1, "vram_per_gpu_gb": 24, "cost_per_hour_eur": "2"})
}

fn model(model_id: &str) -> Value {
    json!({"name": "New", "model_id": model_id, "engine": "mock", "required_vram_gb": 1, "context_length": 4096})
}

/// Of a principal's factors, or nothing for who has none and is refused anyway.
fn factor<T: Default>(principal: &Principal, pick: fn(&Factors) -> T) -> T {
    principal.factors.as_ref().map(pick).unwrap_or_default()
}

fn email(world: &World, principal: &str) -> String {
    let side = world.principal(principal).side;
    format!("{principal}.{}@example.test", side.marker())
}

/// Which of the ids an operation is called with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Target {
    Own,
    Foreign,
    /// One of the platform's rows.
    Platform,
    Absent,
}

pub const ABSENT: Uuid = Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_dead_beef);

/// Something of another tenant's that a body may try to refer to.
pub fn foreign_reference(table: &str, world: &World, principal: &Principal) -> Option<Uuid> {
    let stranger = world.side(principal.stranger());
    match table {
        "organizations" => Some(stranger.tenant),
        "members" => stranger.people.get(3).copied(),
        _ => stranger.id(table),
    }
}

/// The id to call an operation with; `None` where the target does not exist for this principal.
pub fn id_of(names: Names, target: Target, world: &World, principal: &Principal) -> Option<String> {
    let id = match (names, target) {
        (Names::Nothing, _) => None,
        (Names::Invitation, Target::Own) => return Some(format!("invitation-{}", Side::Alpha.marker())),
        (_, Target::Absent) => Some(ABSENT),
        (_, Target::Own) => own(names, world, principal),
        (_, Target::Foreign) => foreign(names, world, principal),
        (Names::RowOf(table) | Names::PublicRowOf(table), Target::Platform) => {
            let elsewhere = principal.side != Side::Platform;
            world.side(Side::Platform).id(table).filter(|_| elsewhere)
        }
        (_, Target::Platform) => None,
    };
    id.map(|id| id.to_string())
}

/// Who has none of its own is refused whatever the id, or reads the public one.
fn own(names: Names, world: &World, principal: &Principal) -> Option<Uuid> {
    let (own, alpha) = (world.side(principal.side), world.side(Side::Alpha));
    match names {
        Names::Nothing | Names::Invitation => None,
        Names::Session => principal.spare_session.or(world.principal("owner").spare_session),
        Names::Passkey => {
            let of = |principal: &Principal| principal.factors.as_ref().map(|factors| factors.passkey);
            of(principal).or(of(world.principal("owner")))
        }
        Names::Catalog(name) => world.catalog.get(name).copied(),
        Names::Job => world.side(Side::Platform).id("jobs"),
        Names::Member | Names::Account => own.people.get(3).or(alpha.people.get(3)).copied(),
        Names::RowOf(table) | Names::PublicRowOf(table) => {
            let public = world.side(Side::Platform).id(table);
            own.id(table).or(public).or(alpha.id(table))
        }
    }
}

fn foreign(names: Names, world: &World, principal: &Principal) -> Option<Uuid> {
    let side = world.side(principal.stranger());
    match names {
        Names::Nothing | Names::Invitation | Names::Catalog(_) | Names::Job => None,
        Names::Session => {
            let mut principals = world.principals.iter();
            principals
                .find(|other| other.side == principal.stranger())?
                .spare_session
        }
        Names::Passkey => {
            let mut strangers = world.principals.iter();
            let stranger = strangers.find(|other| other.side == principal.stranger() && other.factors.is_some());
            stranger?.factors.as_ref().map(|factors| factors.passkey)
        }
        // Nobody's account is foreign to the platform's admins.
        Names::Account if principal.side == Side::Platform => None,
        Names::Member | Names::Account => side.people.get(3).copied(),
        Names::RowOf(table) | Names::PublicRowOf(table) => side.id(table),
    }
}
