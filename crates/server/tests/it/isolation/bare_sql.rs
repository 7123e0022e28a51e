//! The net of the database alone: whatever statement the application's role sends, without any condition of its own, it reaches
//! the rows of the workspace in the settings and no others. Told by mechanism: a missing grant or a refused check is 42501, a
//! filtered row is zero rows and the row read back unchanged.

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, Executor as _, PgConnection, PgPool};
use uuid::Uuid;

use super::classes::{Class, TABLES};
use crate::harness::world::{Belongings, Side, World};

/// What a transaction says about who asks; what plumbing/db sets for real.
#[derive(Debug, Clone)]
pub(super) struct Settings {
    pub(super) name: &'static str,
    pub(super) user: Option<Uuid>,
    pub(super) organization: Option<Uuid>,
    pub(super) personal: Option<Uuid>,
    pub(super) platform: bool,
}

/// Everybody who must not reach anything of Bravo.
fn strangers(world: &World) -> Vec<Settings> {
    let person = |name: &str| world.principal(name).person;
    let solo = person("personal");
    let admin = person("platform admin");
    vec![
        Settings {
            name: "the other organization",
            user: person("owner"),
            organization: Some(world.side(Side::Alpha).tenant),
            personal: None,
            platform: false,
        },
        Settings {
            name: "a person",
            user: solo,
            organization: None,
            personal: solo,
            platform: false,
        },
        Settings {
            name: "a platform admin",
            user: admin,
            organization: None,
            personal: admin,
            platform: true,
        },
        Settings {
            name: "nobody",
            user: None,
            organization: None,
            personal: None,
            platform: false,
        },
    ]
}

/// A connection as requests have it.
pub(super) async fn as_application(options: &PgConnectOptions) -> PgConnection {
    let mut connection = options.connect().await.unwrap();
    connection.execute("SET ROLE inventiv_app").await.unwrap();
    connection
}

async fn apply(connection: &mut PgConnection, settings: &Settings) {
    let text = |id: Option<Uuid>| id.map(|id| id.to_string()).unwrap_or_default();
    sqlx::query(
        "SELECT set_config('inventiv.user_id', $1, true), set_config('inventiv.organization_id', $2, true),
            set_config('inventiv.personal_user_id', $3, true), set_config('inventiv.platform', $4, true)",
    )
    .bind(text(settings.user))
    .bind(text(settings.organization))
    .bind(text(settings.personal))
    .bind(if settings.platform { "on" } else { "" })
    .execute(connection)
    .await
    .unwrap();
}

/// What became of a statement.
#[derive(Debug, PartialEq)]
pub(super) enum Outcome {
    /// How many of the rows it must not reach it reached.
    Reached(i64),
    /// 42501.
    Refused,
    Failed(String),
}

/// Runs a statement that counts what it reached, and takes it back.
pub(super) async fn attempt(connection: &mut PgConnection, settings: &Settings, statement: &str) -> Outcome {
    let mut tx = connection.begin().await.unwrap();
    apply(&mut tx, settings).await;
    let outcome = match sqlx::query_scalar::<_, i64>(sqlx::AssertSqlSafe(statement.to_owned()))
        .fetch_one(&mut *tx)
        .await
    {
        Ok(count) => Outcome::Reached(count),
        Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some("42501") => Outcome::Refused,
        Err(error) => Outcome::Failed(error.to_string()),
    };
    tx.rollback().await.unwrap();
    outcome
}

/// The content and the version of every row of a side, as the owner sees them.
async fn fingerprint(owner: &PgPool, table: &str, condition: &str) -> (i64, String) {
    let statement = format!(
        "SELECT count(*), COALESCE(md5(string_agg(xmin::text || t::text, '|' ORDER BY t::text)), '') FROM {table} t WHERE {condition}"
    );
    sqlx::query_as(sqlx::AssertSqlSafe(statement))
        .fetch_one(owner)
        .await
        .unwrap()
}

/// The columns of a table that can be written.
async fn columns(owner: &PgPool, table: &str) -> Vec<String> {
    sqlx::query_scalar(
        "SELECT quote_ident(attname) FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
            ORDER BY attnum",
    )
    .bind(table)
    .fetch_all(owner)
    .await
    .unwrap()
}

/// What the application's role may read of a table, for a list of columns. Nothing at all: every column, which is refused.
async fn readable(owner: &PgPool, table: &str) -> String {
    let columns: Option<String> = sqlx::query_scalar(
        "SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0
            AND NOT attisdropped AND has_column_privilege('inventiv_app', attrelid, attnum, 'SELECT')",
    )
    .bind(table)
    .fetch_one(owner)
    .await
    .unwrap();
    columns.unwrap_or_else(|| "*".to_owned())
}

fn with_tenants() -> impl Iterator<Item = (&'static str, Class)> {
    TABLES.iter().copied().filter(|(_, class)| class.has_tenants())
}

/// What no stranger may reach: rows of Bravo's. The platform's admins see people, whosever they are.
fn is_visible_to(settings: &Settings, table: &str) -> bool {
    settings.platform && table == "users"
}

fn of(class: Class, side: &Belongings) -> String {
    class.belongs_to(side.tenant, &side.people)
}

#[tokio::test]
async fn the_world_has_rows_of_every_side_in_every_table() {
    let world = World::shared().await;
    let owner = PgPool::connect_with(world.copy().await).await.unwrap();
    for (table, class) in with_tenants() {
        for side in [Side::Alpha, Side::Bravo] {
            let (rows, _) = fingerprint(&owner, table, &of(class, world.side(side))).await;
            assert!(
                rows > 0,
                "{table} holds nothing of {side:?}: add it to harness/world.rs"
            );
        }
    }
    for (table, _) in TABLES {
        let (rows, _) = fingerprint(&owner, table, "true").await;
        assert!(rows > 0, "{table} is empty: add it to harness/world.rs");
    }
}

#[tokio::test]
async fn bare_reads_and_changes_reach_nothing_of_another_tenant() {
    let world = World::shared().await;
    let options = world.copy().await;
    let owner = PgPool::connect_with(options.clone()).await.unwrap();
    let mut app = as_application(&options).await;
    let bravo = world.side(Side::Bravo);
    let mut reached = Vec::new();
    for settings in strangers(world) {
        for (table, class) in with_tenants().filter(|(table, _)| !is_visible_to(&settings, table)) {
            let foreign = of(class, bravo);
            let before = fingerprint(&owner, table, &foreign).await;
            let seen = readable(&owner, table).await;
            let mut statements = vec![
                format!("SELECT count(*) FROM {table} WHERE {foreign}"),
                format!(
                    "SELECT count(*) FROM (SELECT {seen} FROM {table}) t WHERE t::text LIKE '%{}%'",
                    Side::Bravo.marker()
                ),
                format!("SELECT count(*) FROM (SELECT {seen} FROM {table} WHERE {foreign} FOR UPDATE) t"),
                format!(
                    "WITH gone AS (DELETE FROM {table} RETURNING {seen}) SELECT count(*) FROM gone WHERE {foreign}"
                ),
                format!(
                    "WITH gone AS (DELETE FROM {table} WHERE {foreign} RETURNING {seen}) SELECT count(*) FROM gone"
                ),
            ];
            for column in columns(&owner, table).await {
                statements.push(format!(
                    "WITH changed AS (UPDATE {table} SET {column} = {column} RETURNING {seen}) SELECT count(*) FROM changed WHERE {foreign}"
                ));
            }
            for statement in statements {
                match attempt(&mut app, &settings, &statement).await {
                    Outcome::Reached(0) | Outcome::Refused => {}
                    outcome => reached.push(format!("{}: {statement}: {outcome:?}", settings.name)),
                }
            }
            assert_eq!(before, fingerprint(&owner, table, &foreign).await, "{table}");
        }
    }
    assert!(reached.is_empty(), "{}", reached.join("\n"));
}

#[tokio::test]
async fn a_changed_row_of_another_tenant_stays_as_it_was_when_the_change_commits() {
    let world = World::shared().await;
    let options = world.copy().await;
    let owner = PgPool::connect_with(options.clone()).await.unwrap();
    let mut app = as_application(&options).await;
    let bravo = world.side(Side::Bravo);
    let alpha = &strangers(world)[0];
    let changes = [
        (
            "api_keys",
            "UPDATE api_keys SET name = 'taken over', revoked_at = now()",
        ),
        ("models", "UPDATE models SET name = 'taken over'"),
        ("instances", "UPDATE instances SET desired_state = 'terminated'"),
        ("organizations", "UPDATE organizations SET name = 'taken over'"),
        ("user_sessions", "UPDATE user_sessions SET revoked_at = now()"),
    ];
    for (table, change) in changes {
        let class = TABLES.iter().find(|(name, _)| *name == table).unwrap().1;
        let before = fingerprint(&owner, table, &of(class, bravo)).await;
        let mut tx = app.begin().await.unwrap();
        apply(&mut tx, alpha).await;
        let done = tx.execute(sqlx::AssertSqlSafe(change)).await.unwrap();
        assert!(done.rows_affected() > 0, "the own rows of {table} are reached");
        tx.commit().await.unwrap();
        assert_eq!(before, fingerprint(&owner, table, &of(class, bravo)).await, "{table}");
    }
}

#[tokio::test]
async fn nobody_makes_a_row_for_another_tenant() {
    let world = World::shared().await;
    let options = world.copy().await;
    let owner = PgPool::connect_with(options.clone()).await.unwrap();
    let mut app = as_application(&options).await;
    let bravo = world.side(Side::Bravo);
    let mut reached = Vec::new();
    for settings in strangers(world) {
        for (table, class) in with_tenants().filter(|(table, _)| !is_visible_to(&settings, table)) {
            let row = format!("SELECT to_jsonb(t) FROM {table} t WHERE {} LIMIT 1", of(class, bravo));
            let row: serde_json::Value = sqlx::query_scalar(sqlx::AssertSqlSafe(row))
                .fetch_one(&owner)
                .await
                .unwrap();
            let columns = columns(&owner, table).await.join(", ");
            let row = row.to_string().replace('\'', "''");
            // Row-level security checks a new row before its keys, so a copy of a foreign row is refused for being foreign.
            let insert = format!(
                "WITH made AS (INSERT INTO {table} ({columns}) SELECT {columns} FROM jsonb_populate_record(NULL::{table}, '{row}')
                    RETURNING 1) SELECT count(*) FROM made"
            );
            let outcome = attempt(&mut app, &settings, &insert).await;
            if outcome != Outcome::Refused {
                reached.push(format!("{}: {table}: {outcome:?}", settings.name));
            }
        }
    }
    assert!(reached.is_empty(), "{}", reached.join("\n"));
}

#[tokio::test]
async fn a_row_cannot_move_to_another_tenant() {
    let world = World::shared().await;
    let options = world.copy().await;
    let owner = PgPool::connect_with(options.clone()).await.unwrap();
    let mut app = as_application(&options).await;
    let (alpha, bravo) = (world.side(Side::Alpha), world.side(Side::Bravo));
    let settings = &strangers(world)[0];
    let stranger = world.principal("other owner").person.unwrap();
    let mut moved = Vec::new();
    for (table, class) in with_tenants() {
        let own = of(class, alpha);
        for column in columns(&owner, table).await {
            let assignment = match column.as_str() {
                "organization_id" | "tenant" | "consumer_tenant" | "provider_tenant" => {
                    format!("{column} = '{}'", bravo.tenant)
                }
                "user_id" => format!("user_id = '{stranger}'"),
                "owner_user_id" => format!("scope = 'personal', organization_id = NULL, owner_user_id = '{stranger}'"),
                "scope" => "scope = 'platform', organization_id = NULL".to_owned(),
                _ => continue,
            };
            let statement = format!(
                "WITH moved AS (UPDATE {table} SET {assignment} WHERE {own} RETURNING 1) SELECT count(*) FROM moved"
            );
            let outcome = attempt(&mut app, settings, &statement).await;
            if outcome != Outcome::Refused {
                moved.push(format!("{table}.{column}: {outcome:?}"));
            }
        }
    }
    assert!(moved.is_empty(), "{}", moved.join("\n"));
}

#[tokio::test]
async fn a_log_names_nobody_of_another_organization() {
    let world = World::shared().await;
    let options = world.copy().await;
    let mut app = as_application(&options).await;
    let people = &world.side(Side::Bravo).people;
    let wanted: Vec<String> = people.iter().map(|person| format!("'{person}'")).collect();
    let statement = format!(
        "SELECT count(*) FROM audit_people WHERE user_id IN ({})",
        wanted.join(", ")
    );
    for settings in &strangers(world) {
        assert_eq!(
            attempt(&mut app, settings, &statement).await,
            Outcome::Reached(0),
            "{}",
            settings.name
        );
    }
}

#[tokio::test]
async fn a_session_cannot_be_made_for_somebody_else() {
    let world = World::shared().await;
    let options = world.copy().await;
    let mut app = as_application(&options).await;
    let alpha = world.side(Side::Alpha).tenant;
    let stranger = world.principal("other owner").person.unwrap();
    let insert = format!(
        "WITH made AS (INSERT INTO user_sessions (id, user_id, current_organization_id, organization_role, token_hash, token_issued_at,
            created_at, last_used_at, expires_at) VALUES (gen_random_uuid(), '{stranger}', '{alpha}', 'owner', sha256('known'), now(), now(), now(),
            now() + interval '1 day') RETURNING 1) SELECT count(*) FROM made"
    );
    assert_eq!(attempt(&mut app, &strangers(world)[0], &insert).await, Outcome::Refused);
    let colleague = world.side(Side::Alpha).people[1];
    let insert = insert.replace(&stranger.to_string(), &colleague.to_string());
    assert_eq!(attempt(&mut app, &strangers(world)[0], &insert).await, Outcome::Refused);
}

#[tokio::test]
async fn nobody_raises_the_own_standing_with_a_bare_update() {
    let world = World::shared().await;
    let options = world.copy().await;
    let mut app = as_application(&options).await;
    for (settings, statement) in strangers(world).iter().flat_map(|settings| {
        [
            "UPDATE users SET platform_role = 'admin' WHERE true",
            "UPDATE users SET account_plan = 'subscriber' WHERE true",
        ]
        .map(|statement| (settings.clone(), statement))
    }) {
        let statement = format!("WITH raised AS ({statement} RETURNING 1) SELECT count(*) FROM raised");
        assert_eq!(
            attempt(&mut app, &settings, &statement).await,
            Outcome::Refused,
            "{}: {statement}",
            settings.name
        );
    }
}

#[tokio::test]
async fn a_child_cannot_point_at_another_tenants_parent() {
    let world = World::shared().await;
    let options = world.copy().await;
    let owner = PgPool::connect_with(options.clone()).await.unwrap();
    let (alpha, bravo) = (world.side(Side::Alpha), world.side(Side::Bravo));
    // Even the owner of the tables, whom no policy stops, is stopped by the composite keys.
    let references = [
        ("cloud_operations", "attempt = 2, instance_id", "instances"),
        (
            "instance_cost_segments",
            "period = tstzrange(now(), now() + interval '1 h'), instance_id",
            "instances",
        ),
        ("instance_state_history", "instance_id", "instances"),
        ("worker_tokens", "instance_id", "instances"),
        ("model_prices", "version = 2, model_id", "models"),
        ("instances", "model_id", "models"),
    ];
    for (child, column, parent) in references {
        let statement = format!(
            "UPDATE {child} SET {column} = '{}' WHERE id = '{}'",
            bravo.id(parent).unwrap(),
            alpha.id(child).unwrap()
        );
        let error = owner.execute(sqlx::AssertSqlSafe(statement)).await.unwrap_err();
        let code = error.as_database_error().and_then(|error| error.code()).unwrap();
        assert_eq!(code, "23503", "{child}.{column}: {error}");
    }
    let other_tenants_model = format!(
        "UPDATE instances SET model_tenant = '{}', model_id = '{}' WHERE id = '{}'",
        bravo.tenant,
        bravo.id("models").unwrap(),
        alpha.id("instances").unwrap()
    );
    let error = owner
        .execute(sqlx::AssertSqlSafe(other_tenants_model))
        .await
        .unwrap_err();
    let code = error.as_database_error().and_then(|error| error.code()).unwrap();
    assert_eq!(code, "23514", "{error}");
}

#[tokio::test]
async fn without_settings_only_the_public_catalogue_is_seen() {
    let world = World::shared().await;
    let options = world.copy().await;
    let mut app = as_application(&options).await;
    let nobody = &strangers(world)[3];
    for (table, class) in with_tenants() {
        let public = match (table, class) {
            ("models" | "model_prices", _) => "WHERE tenant <> '00000000-0000-0000-0000-000000000000'",
            _ => "",
        };
        let outcome = attempt(&mut app, nobody, &format!("SELECT count(*) FROM {table} {public}")).await;
        assert!(
            matches!(outcome, Outcome::Reached(0) | Outcome::Refused),
            "{table}: {outcome:?}"
        );
    }
}

#[tokio::test]
async fn the_audit_trail_cannot_be_rewritten_even_by_the_system() {
    let world = World::shared().await;
    let options = world.copy().await;
    let owner = PgPool::connect_with(options.clone()).await.unwrap();
    for role in ["inventiv_app", "inventiv_system"] {
        let mut connection = options.connect().await.unwrap();
        connection
            .execute(sqlx::AssertSqlSafe(format!("SET ROLE {role}")))
            .await
            .unwrap();
        for table in ["audit_log", "inference_usage"] {
            for statement in [
                format!(
                    "UPDATE {table} SET {0} = {0}",
                    if table == "audit_log" { "hash" } else { "outcome" }
                ),
                format!("DELETE FROM {table}"),
                format!("TRUNCATE {table}"),
            ] {
                let error = connection
                    .execute(sqlx::AssertSqlSafe(statement.clone()))
                    .await
                    .unwrap_err();
                let code = error.as_database_error().and_then(|error| error.code()).unwrap();
                assert_eq!(code, "42501", "{role}: {statement}: {error}");
            }
        }
    }
    // The owner could, and is stopped by a trigger all the same.
    let error = owner.execute("UPDATE audit_log SET hash = hash").await.unwrap_err();
    assert!(error.to_string().contains("append-only"), "{error}");
    assert!(owner.execute("DELETE FROM inference_usage").await.is_err());
    assert!(owner.execute("TRUNCATE audit_log").await.is_err());
}
