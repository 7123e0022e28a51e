//! Two organizations full of everything, a person in Personal and the platform: what the tests of isolation look at. Built once
//! per test program and kept as a template database; each test works on a copy of it.
//!
//! A new table needs a statement in [`ROWS`] (a test names the table otherwise), with the tenant's marker in every text.

use std::collections::HashMap;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use chrono::{DateTime, Utc};
use inventiv_server::ids::{PLATFORM, new_id};
use inventiv_server::permissions::{Role, WorkspaceRole};
use inventiv_server::plumbing::config::{Config, ServerRole};
use inventiv_server::plumbing::db::PoolSizes;
use serde_json::{Value, json};
use sqlx::postgres::PgConnectOptions;
use sqlx::{Executor as _, PgPool};
use uuid::Uuid;

use super::factors::{add_passkey, new_passkey};
use super::{Authenticator, Client, Person, TestServer, database};

/// Where the world's browsers are: passkeys need a host name.
const PUBLIC_URL: &str = "http://localhost:8080";
/// What a server of the world holds, where nothing else is tried.
pub const POOLS: PoolSizes = PoolSizes { app: 4, system: 3 };

/// Whose rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    Alpha,
    Bravo,
    /// Somebody without an organization.
    Solo,
    Platform,
}

impl Side {
    pub const ALL: [Side; 4] = [Side::Alpha, Side::Bravo, Side::Solo, Side::Platform];

    /// Stands in every text of the side and nowhere else.
    pub fn marker(self) -> &'static str {
        match self {
            Side::Alpha => "canary-alpha-x7",
            Side::Bravo => "canary-bravo-q9",
            Side::Solo => "canary-solo-k3",
            Side::Platform => "canary-platform-w5",
        }
    }

    fn scope(self) -> &'static str {
        match self {
            Side::Alpha | Side::Bravo => "organization",
            Side::Solo => "personal",
            Side::Platform => "platform",
        }
    }
}

/// One table's row of a side. `{…}` stands for ids and texts of the side, see [`Fill::statement`].
struct Rows {
    table: &'static str,
    scopes: &'static [&'static str],
    insert: &'static str,
}

const SHARED: &[&str] = &["organization", "platform"];
const ALL: &[&str] = &["organization", "personal", "platform"];

/// In the order of their references.
const ROWS: &[Rows] = &[
    Rows {
        table: "api_keys",
        scopes: ALL,
        insert: "INSERT INTO api_keys (id, scope, organization_id, owner_user_id, created_by_user_id, name, public_id, prefix, secret_hash,
            allowed_models, created_at)
            VALUES ('{api_keys}', '{key_scope}', {organization}, {key_owner}, '{person}', 'key {marker}', 'public-{marker}', 'inv_{marker}',
            sha256('{marker}'), ARRAY['model-{marker}'], now())",
    },
    Rows {
        table: "models",
        scopes: SHARED,
        insert: "INSERT INTO models (id, scope, organization_id, name, model_id, description, licence, engine, engine_arguments, required_vram_gb,
            context_length, tech_activated_at, eco_activated_at, created_by_user_id, created_at, updated_at)
            VALUES ('{models}', '{scope}', {organization}, 'model {marker}', 'model-{marker}', '{marker}', '{marker}', 'mock',
            ARRAY['--{marker}'], 1, 4096, now(), now(), '{person}', now(), now())",
    },
    Rows {
        table: "model_prices",
        scopes: SHARED,
        insert: "INSERT INTO model_prices (id, tenant, model_id, version, input_eur_per_1m, cached_input_eur_per_1m, output_eur_per_1m,
            created_by_user_id, valid_from)
            VALUES ('{model_prices}', '{tenant}', '{models}', 1, 1, 0.5, 2, '{person}', now())",
    },
    Rows {
        table: "instances",
        scopes: SHARED,
        insert: "INSERT INTO instances (id, scope, organization_id, model_tenant, model_id, provider_id, zone_id, instance_type_id, provider_code,
            zone_code, instance_type_code, gpu_count, vram_gb, cost_per_hour_eur, status, status_since, provider_instance_id, address,
            error_message, worker_address, worker_version, reconcile_after, created_by_user_id, created_at, name)
            VALUES ('{instances}', '{scope}', {organization}, '{tenant}', '{models}', '{provider}', '{zone}', '{instance_type}', 'world',
            'world-1', 'world-gpu', 1, 24, 1, 'ready', now(), 'server-{marker}', '{marker}', 'message {marker}', 'http://{marker}.invalid', '{marker}',
            now() + interval '1 year', '{person}', now(), 'instance {marker}')",
    },
    Rows {
        table: "instance_state_history",
        scopes: SHARED,
        insert: "INSERT INTO instance_state_history (id, tenant, instance_id, from_status, to_status, reason, message, actor_user_id, occurred_at)
            VALUES ('{instance_state_history}', '{tenant}', '{instances}', 'starting', 'ready', '{marker}', '{marker}', '{person}', now())",
    },
    Rows {
        table: "cloud_operations",
        scopes: SHARED,
        insert: "INSERT INTO cloud_operations (id, tenant, instance_id, kind, attempt, state, external_id, error_message, started_at, finished_at)
            VALUES ('{cloud_operations}', '{tenant}', '{instances}', 'create_server', 1, 'confirmed', '{marker}', '{marker}', now(), now())",
    },
    Rows {
        table: "instance_cost_segments",
        scopes: SHARED,
        insert: "INSERT INTO instance_cost_segments (id, tenant, instance_id, cost_per_hour_eur, period)
            VALUES ('{instance_cost_segments}', '{tenant}', '{instances}', 1, tstzrange(now() - interval '1 hour', NULL))",
    },
    Rows {
        table: "worker_tokens",
        scopes: SHARED,
        insert: "INSERT INTO worker_tokens (id, tenant, instance_id, kind, token_hash, created_at)
            VALUES ('{worker_tokens}', '{tenant}', '{instances}', 'worker', sha256('worker {marker}'), now())",
    },
    // Each side consumes what is its own; people consume the platform's.
    Rows {
        table: "inference_usage",
        scopes: ALL,
        insert: "INSERT INTO inference_usage (request_id, started_at, finished_at, consumer_tenant, consumer_organization_id, consumer_user_id,
            api_key_name, provider_tenant, model_tenant, model_id, model_name, uncached_input_tokens, cached_input_tokens, output_tokens,
            reasoning_tokens, price_id, charge_eur, outcome, http_status, streamed, latency_ms, payload_hash)
            VALUES ('{inference_usage}', now(), now(), '{tenant}', {organization}, '{person}', 'key {marker}', '{tenant}', '{tenant}', '{models}',
            'model-{marker}', 10, 0, 20, 0, NULL, 0, 'complete', 200, false, 100, sha256('{marker}'))",
    },
    Rows {
        table: "organization_invitations",
        scopes: &["organization"],
        insert: "INSERT INTO organization_invitations (id, organization_id, email, role, token_hash, invited_by_user_id, invited_by_name, created_at,
            expires_at)
            VALUES ('{organization_invitations}', {organization}, '{marker}@example.test', 'user', sha256('invitation-{marker}'), '{person}',
            '{marker}', now(), now() + interval '1 year')",
    },
    // Never due: the server would take it away.
    Rows {
        table: "jobs",
        scopes: ALL,
        insert: "INSERT INTO jobs (id, kind, unique_key, payload, run_at, created_at)
            VALUES ('{jobs}', 'password_request', '{marker}@example.test', '{\"email\": \"{marker}@example.test\"}', now() + interval '1 year', now())",
    },
    // Ran out: whoever does the task takes it over.
    Rows {
        table: "background_leases",
        scopes: ALL,
        insert: "INSERT INTO background_leases (task, owner, token, until)
            VALUES ('task of {marker}', 'replica {marker}', gen_random_uuid(), now())",
    },
    Rows {
        table: "password_reset_tokens",
        scopes: ALL,
        insert: "INSERT INTO password_reset_tokens (token_hash, user_id, created_at, expires_at, used_at)
            VALUES (sha256('reset {marker}'), '{person}', now(), now(), now())",
    },
    Rows {
        table: "email_changes",
        scopes: ALL,
        insert: "INSERT INTO email_changes (token_hash, user_id, new_email, created_at, expires_at, used_at)
            VALUES (sha256('change {marker}'), '{person}', '{marker}@example.test', now(), now(), now())",
    },
    Rows {
        table: "sign_in_challenges",
        scopes: ALL,
        insert: "INSERT INTO sign_in_challenges (token_hash, user_id, created_at, expires_at)
            VALUES (sha256('challenge {marker}'), '{person}', now(), now() + interval '1 year')",
    },
    Rows {
        table: "audit_people",
        scopes: ALL,
        insert: "INSERT INTO audit_people (tenant, user_id, since, email, name)
            VALUES ('{tenant}', '{person}', now() - interval '1 year', '{marker}@example.test', '{marker}')",
    },
    Rows {
        table: "outbox",
        scopes: ALL,
        insert: "INSERT INTO outbox (id, template, locale, recipient, created_at, next_attempt_at, sent_at)
            VALUES ('{outbox}', 'invitation', 'en', '{marker}@example.test', now(), now(), now())",
    },
    Rows {
        table: "login_throttles",
        scopes: ALL,
        insert: "INSERT INTO login_throttles (subject, failures, window_started_at) VALUES ('{marker}', 1, now() - interval '1 day')",
    },
];

/// What an organization consumed of the platform: both sides count it, and only one may see by whose key.
const CONSUMED_OF_THE_PLATFORM: Rows = Rows {
    table: "inference_usage",
    scopes: &["organization"],
    insert: "INSERT INTO inference_usage (request_id, started_at, finished_at, consumer_tenant, consumer_organization_id, consumer_user_id,
        api_key_name, provider_tenant, model_tenant, model_id, model_name, uncached_input_tokens, cached_input_tokens, output_tokens,
        reasoning_tokens, charge_eur, outcome, http_status, streamed, latency_ms, payload_hash)
        VALUES (gen_random_uuid(), now(), now(), '{tenant}', {organization}, '{person}', 'key {marker}', '{platform}', '{platform}', '{platform}',
        'public-model', 10, 0, 20, 0, 0, 'complete', 200, false, 100, sha256('{marker}'))",
};

/// The rows of a side, by table.
#[derive(Debug, Clone, Default)]
pub struct Belongings {
    pub tenant: Uuid,
    pub people: Vec<Uuid>,
    ids: HashMap<&'static str, Uuid>,
}

impl Belongings {
    pub fn id(&self, table: &str) -> Option<Uuid> {
        self.ids.get(table).copied()
    }

    /// What must not be found where the side isn't known: its ids, but for those of the public catalogue.
    pub fn private_ids(&self) -> Vec<Uuid> {
        let platform = self.tenant == PLATFORM;
        let is_public = |table: &str| platform && matches!(table, "models" | "model_prices");
        let rows = self.ids.iter().filter(|(table, _)| !is_public(table)).map(|(_, id)| id);
        rows.chain(&self.people)
            .chain((!platform).then_some(&self.tenant))
            .copied()
            .collect()
    }
}

/// Somebody (or something) that calls the API.
#[derive(Debug, Clone)]
pub struct Principal {
    pub name: &'static str,
    /// What it sends as a Bearer token.
    pub token: Option<String>,
    /// `None`: nobody the API knows.
    pub role: Option<WorkspaceRole>,
    /// Presents an API key: outside of `/v1` the refusal says that a session is needed.
    pub is_key: bool,
    /// The key is good.
    pub opens_gateway: bool,
    pub side: Side,
    pub person: Option<Uuid>,
    /// Another session of the person.
    pub spare_session: Option<Uuid>,
    pub factors: Option<Factors>,
}

/// What somebody proves it with.
#[derive(Debug, Clone)]
pub struct Factors {
    pub passkey: Uuid,
    /// A body that adds another one.
    pub another_passkey: Value,
    /// Of an authenticator app that waits to be confirmed.
    pub totp_secret: String,
    pub recovery_code: String,
}

impl Principal {
    pub fn client(&self, server: &TestServer) -> Client {
        match &self.token {
            None => server.anonymous(),
            Some(token) => server.anonymous().with_token(token),
        }
    }

    /// The side whose rows are foreign to this principal.
    pub fn stranger(&self) -> Side {
        match self.side {
            Side::Bravo => Side::Alpha,
            Side::Alpha | Side::Solo | Side::Platform => Side::Bravo,
        }
    }
}

/// Plain data about the template: what a copy of it contains.
pub struct World {
    database: String,
    master: String,
    /// The time at which its servers start.
    pub built_at: DateTime<Utc>,
    pub sides: HashMap<Side, Belongings>,
    pub principals: Vec<Principal>,
    pub catalog: HashMap<&'static str, Uuid>,
}

impl World {
    /// The one of this test program.
    pub async fn shared() -> &'static World {
        static WORLD: OnceLock<World> = OnceLock::new();
        // The pools of the server that builds it live and die with a runtime of their own.
        tokio::task::spawn_blocking(|| {
            WORLD.get_or_init(|| {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                    .unwrap();
                runtime.block_on(build())
            })
        })
        .await
        .unwrap()
    }

    pub fn side(&self, side: Side) -> &Belongings {
        &self.sides[&side]
    }

    pub fn principal(&self, name: &str) -> &Principal {
        self.principals
            .iter()
            .find(|principal| principal.name == name)
            .unwrap_or_else(|| panic!("no principal {name}"))
    }

    /// What a principal must never get to see: markers and ids of everybody else.
    pub fn secrets_from(&self, principal: &Principal) -> Vec<String> {
        self.secrets_of_others(principal.side)
    }

    /// What nobody of a side may read.
    pub fn secrets_of_others(&self, own: Side) -> Vec<String> {
        let strangers = Side::ALL.into_iter().filter(|side| *side != own);
        strangers
            .flat_map(|side| {
                let ids = self.side(side).private_ids();
                let markers = std::iter::once(side.marker().to_owned());
                markers.chain(ids.into_iter().map(|id| id.to_string()))
            })
            .collect()
    }

    /// Ids of jobs and mails, whoever they are about.
    pub fn queued_ids(&self) -> Vec<String> {
        let queued = |side| ["jobs", "outbox"].map(|table| self.side(side).id(table));
        let ids = Side::ALL.into_iter().flat_map(queued).flatten();
        ids.map(|id| id.to_string()).collect()
    }

    /// A copy of the database, as its owner.
    pub async fn copy(&self) -> PgConnectOptions {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("world_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        database::copy_of(&self.database, &name).await
    }

    /// A server on a copy, where every principal's credentials are good.
    pub async fn server(&self) -> TestServer {
        self.server_with(POOLS).await
    }

    pub async fn server_with(&self, pools: PoolSizes) -> TestServer {
        self.server_on(self.copy().await, pools).await
    }

    /// Also answers to workers, and looks after its instances: none of the world's is due.
    pub async fn server_for_workers(&self, pools: PoolSizes) -> TestServer {
        let server = TestServer::start_on(self.copy().await, pools, |config| {
            config.master_secret = Some(self.master.clone());
            config.public_url = PUBLIC_URL.parse().ok();
        })
        .await;
        self.go_back_in_time(server)
    }

    pub async fn server_on(&self, options: PgConnectOptions, pools: PoolSizes) -> TestServer {
        let server = TestServer::start_on(options, pools, |config| {
            config.master_secret = Some(self.master.clone());
            still(config);
        })
        .await;
        self.go_back_in_time(server)
    }

    /// To when the world was built: tokens last ten minutes, and the tests on a slow machine longer.
    fn go_back_in_time(&self, server: TestServer) -> TestServer {
        let clock = &server.program.core.clock;
        clock.advance(self.built_at - clock.now());
        server
    }
}

/// Nothing moves by itself: what changed, a request changed.
fn still(config: &mut Config) {
    config.roles = vec![ServerRole::Api, ServerRole::Gateway];
    config.public_url = PUBLIC_URL.parse().ok();
}

struct Fill<'a> {
    side: Side,
    belongings: &'a Belongings,
    person: Uuid,
    catalog: &'a HashMap<&'static str, Uuid>,
}

impl Fill<'_> {
    fn statement(&self, rows: &Rows) -> String {
        // The platform's models are everybody's catalogue: no secret of its.
        let is_public = self.side == Side::Platform && rows.table == "models";
        let marker = if is_public { "public-model" } else { self.side.marker() };
        let template = rows.insert;
        let tenant = self.belongings.tenant;
        let quoted = |present: bool| {
            if present {
                format!("'{tenant}'")
            } else {
                "NULL".to_owned()
            }
        };
        // The platform has no keys; its admin has some, as a person.
        let (key_scope, key_owner) = match self.side.scope() {
            "organization" => ("organization", "NULL".to_owned()),
            _ => ("personal", format!("'{}'", self.person)),
        };
        let mut statement = template
            .replace("{key_scope}", key_scope)
            .replace("{key_owner}", &key_owner)
            .replace("{tenant}", &tenant.to_string())
            .replace("{platform}", &PLATFORM.to_string())
            .replace("{scope}", self.side.scope())
            .replace("{organization}", &quoted(self.side.scope() == "organization"))
            .replace("{person}", &self.person.to_string())
            .replace("{marker}", marker);
        for (name, id) in self.belongings.ids.iter().chain(self.catalog) {
            statement = statement.replace(&format!("{{{name}}}"), &id.to_string());
        }
        // A person has no models of its own: it uses the platform's, which any id stands for here.
        statement.replace("{models}", &PLATFORM.to_string())
    }
}

async fn run(owner: &PgPool, statement: String) {
    owner
        .execute(sqlx::AssertSqlSafe(statement.clone()))
        .await
        .unwrap_or_else(|error| panic!("{error}\n{statement}"));
}

async fn build() -> World {
    let master = super::master().to_text();
    let options = database::fresh().await;
    let database = options.get_database().unwrap().to_owned();
    let server = TestServer::start_on(options, POOLS, |config| {
        config.master_secret = Some(master.clone());
        still(config);
    })
    .await;
    let clock = server.program.core.clock.clone();
    let mut world = World {
        database,
        master,
        built_at: clock.now(),
        sides: HashMap::new(),
        principals: vec![principal("anonymous", None, None, Side::Alpha)],
        catalog: fill_catalog(&server.owner).await,
    };
    organization(&server, &mut world, Side::Alpha).await;
    organization(&server, &mut world, Side::Bravo).await;

    let solo = server.person(&format!("solo.{}", Side::Solo.marker())).await;
    let admin = server
        .platform_admin(&format!("root.{}", Side::Platform.marker()))
        .await;
    for (side, person, tenant, role) in [
        (Side::Solo, &solo, solo.id, WorkspaceRole::Personal),
        (Side::Platform, &admin, PLATFORM, WorkspaceRole::PlatformAdmin),
    ] {
        let name = if side == Side::Solo {
            "personal"
        } else {
            "platform admin"
        };
        fill(&server, &mut world, side, tenant, vec![person.id], person.id).await;
        let inhabitant = inhabitant(&server, name, person, role, side).await;
        world.principals.push(inhabitant);
    }
    for principal in world.principals.iter_mut().filter(|principal| principal.role.is_some()) {
        principal.factors = Some(factors(&server, principal).await);
    }
    world.built_at = clock.now();
    // What the making of the world queued is out: nothing of it leaves while a test looks for changes.
    let out = "UPDATE outbox SET sent_at = now(), parameters = NULL, lease_owner = NULL, lease_until = NULL, last_error = NULL, reply = NULL
        WHERE sent_at IS NULL AND failed_at IS NULL";
    run(&server.owner, out.to_owned()).await;
    server.stop().await;
    world
}

/// Last of all: who has a factor signs in in two steps.
async fn factors(server: &TestServer, principal: &Principal) -> Factors {
    let client = principal.client(server);
    let name = format!("passkey {}", principal.side.marker());
    let added = add_passkey(&client, &mut Authenticator::new(PUBLIC_URL), &name).await;
    let totp = client.post("/auth/me/totp", json!({})).await.expect(200);
    Factors {
        passkey: added["id"].as_str().unwrap().parse().unwrap(),
        another_passkey: new_passkey(&client, &mut Authenticator::new(PUBLIC_URL), "Another one").await,
        totp_secret: totp.json["secret"].as_str().unwrap().to_owned(),
        recovery_code: added["recovery_codes"][0].as_str().unwrap().to_owned(),
    }
}

/// An organization with a member in every role, who all become principals.
async fn organization(server: &TestServer, world: &mut World, side: Side) {
    let marker = side.marker();
    let mut owner = server.person(&format!("owner.{marker}")).await;
    owner.client = owner.client.with_header("idempotency-key", marker);
    let id = server.organization(&mut owner, &format!("Org {marker}")).await;
    owner.client = without_headers(server, &owner.client);
    let mut people = vec![owner.id];
    let names = match side {
        Side::Alpha => ["owner", "admin", "manager", "user"],
        _ => ["other owner", "other admin", "other manager", "other user"],
    };
    let role = WorkspaceRole::Organization(Role::Owner);
    let mut principals = vec![inhabitant(server, names[0], &owner, role, side).await];
    for (name, role) in names.into_iter().skip(1).zip([Role::Admin, Role::Manager, Role::User]) {
        let member = server.member(id, &format!("{}.{marker}", role.as_str()), role).await;
        people.push(member.id);
        let role = WorkspaceRole::Organization(role);
        principals.push(inhabitant(server, name, &member, role, side).await);
    }
    if side == Side::Alpha {
        world.principals.extend(principals);
        let revoked = server.sign_in(&owner.email).await.switch_to(Some(id)).await;
        let session = session_of(&revoked).await;
        let path = format!("/auth/sessions/{session}/revoke");
        owner.client.post(&path, json!({})).await.expect(204);
        let token = Some(revoked.token().to_owned());
        world.principals.push(principal("revoked session", token, None, side));
        for name in ["API key", "expired API key"] {
            let body = json!({"name": format!("{name} {marker}")});
            let key = owner.client.post("/api_keys", body).await.expect(201);
            world.principals.push(Principal {
                is_key: true,
                opens_gateway: name == "API key",
                ..principal(name, key.json["key"].as_str().map(str::to_owned), None, side)
            });
        }
        let expire = format!("UPDATE api_keys SET expires_at = now() WHERE name LIKE 'expired%{marker}'");
        run(&server.owner, expire).await;
    } else {
        // One of the others is enough as a caller; all of them are there as rows.
        world.principals.extend(principals.into_iter().take(1));
    }
    fill(server, world, side, id, people, owner.id).await;
}

fn without_headers(server: &TestServer, client: &Client) -> Client {
    server.anonymous().with_token(client.token())
}

fn principal(name: &'static str, token: Option<String>, role: Option<WorkspaceRole>, side: Side) -> Principal {
    Principal {
        name,
        token,
        role,
        is_key: false,
        opens_gateway: false,
        side,
        person: None,
        spare_session: None,
        factors: None,
    }
}

async fn inhabitant(
    server: &TestServer,
    name: &'static str,
    person: &Person,
    role: WorkspaceRole,
    side: Side,
) -> Principal {
    let spare = server.sign_in(&person.email).await;
    let token = Some(person.client.token().to_owned());
    Principal {
        person: Some(person.id),
        spare_session: Some(session_of(&spare).await),
        ..principal(name, token, Some(role), side)
    }
}

async fn session_of(client: &Client) -> Uuid {
    let me = client.get("/auth/me").await.expect(200);
    me.json["session_id"].as_str().unwrap().parse().unwrap()
}

async fn fill(server: &TestServer, world: &mut World, side: Side, tenant: Uuid, people: Vec<Uuid>, person: Uuid) {
    let mut belongings = Belongings {
        tenant,
        people,
        ids: HashMap::new(),
    };
    let rows = || ROWS.iter().filter(|rows| rows.scopes.contains(&side.scope()));
    for rows in rows() {
        belongings.ids.insert(rows.table, new_id());
    }
    let fill = Fill {
        side,
        belongings: &belongings,
        person,
        catalog: &world.catalog,
    };
    for rows in rows() {
        run(&server.owner, fill.statement(rows)).await;
    }
    if side == Side::Alpha {
        run(&server.owner, fill.statement(&CONSUMED_OF_THE_PLATFORM)).await;
    }
    world.sides.insert(side, belongings);
}

/// A provider with one region, zone and type, which everybody may use.
async fn fill_catalog(owner: &PgPool) -> HashMap<&'static str, Uuid> {
    let ids: HashMap<_, _> = ["provider", "region", "zone", "instance_type", "instance_type_price"]
        .into_iter()
        .map(|name| (name, new_id()))
        .collect();
    let script = "
        INSERT INTO providers (id, code, name) VALUES ('{provider}', 'world', 'World');
        INSERT INTO regions (id, provider_id, code, name) VALUES ('{region}', '{provider}', 'world', 'World');
        INSERT INTO zones (id, provider_id, region_id, code, name) VALUES ('{zone}', '{provider}', '{region}', 'world-1', 'World 1');
        INSERT INTO instance_types (id, provider_id, code, name, cpu_count, memory_gb, gpu_count, vram_per_gpu_gb, cost_per_hour_eur)
            VALUES ('{instance_type}', '{provider}', 'world-gpu', 'World GPU', 8, 64, 1, 24, 1);
        INSERT INTO instance_type_zones (provider_id, instance_type_id, zone_id) VALUES ('{provider}', '{instance_type}', '{zone}');
        INSERT INTO instance_type_prices (id, instance_type_id, cost_per_hour_eur, valid_from)
            VALUES ('{instance_type_price}', '{instance_type}', 1, now());";
    let mut script = script.to_owned();
    for (name, id) in &ids {
        script = script.replace(&format!("{{{name}}}"), &id.to_string());
    }
    run(owner, script).await;
    ids
}
