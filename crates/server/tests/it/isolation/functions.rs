//! Functions of schemas `auth` and `tenancy` are what their files say, and come into the database when a file changes.

#![expect(clippy::disallowed_methods, reason = "tests of connections hold some themselves")]

use std::collections::BTreeMap;
use std::path::Path;

use inventiv_server::plumbing::db::migrations::migrate;
use sqlx::migrate::Migrator;
use sqlx::postgres::PgConnectOptions;
use sqlx::{Executor as _, PgPool};
use uuid::Uuid;

use crate::harness::{empty_database, fresh_database};

/// The first migration after the release before functions had files.
const FUNCTION_FILES: i64 = 20_261_127_001_000;

async fn fresh() -> (PgConnectOptions, PgPool) {
    let options = fresh_database().await;
    let owner = PgPool::connect_with(options.clone()).await.unwrap();
    (options, owner)
}

/// The files, by the function's name.
fn files() -> BTreeMap<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations/functions");
    let mut files = BTreeMap::new();
    for schema in std::fs::read_dir(root).unwrap() {
        let schema = schema.unwrap();
        for file in std::fs::read_dir(schema.path()).unwrap() {
            let path = file.unwrap().path();
            let (schema, name) = (schema.file_name(), path.file_stem().unwrap());
            let name = format!("{}.{}", schema.to_str().unwrap(), name.to_str().unwrap());
            files.insert(name, std::fs::read_to_string(&path).unwrap());
        }
    }
    files
}

/// Every function of the two schemas as PostgreSQL has it, with who may call it, and where its row of the catalogue is: another
/// place when it was put in again.
async fn functions(owner: &PgPool) -> BTreeMap<String, (String, String)> {
    let functions: Vec<(String, String, String)> = sqlx::query_as(
        "SELECT oid::regprocedure::text, pg_get_functiondef(oid) || COALESCE(proacl::text, ''), xmin::text || ctid::text FROM pg_proc
            WHERE pronamespace IN ('auth'::regnamespace, 'tenancy'::regnamespace) AND prokind = 'f'",
    )
    .fetch_all(owner)
    .await
    .unwrap();
    functions
        .into_iter()
        .map(|(name, definition, place)| (name, (definition, place)))
        .collect()
}

fn definitions(functions: BTreeMap<String, (String, String)>) -> BTreeMap<String, String> {
    let definitions = functions.into_iter().map(|(name, (definition, _))| (name, definition));
    definitions.collect()
}

#[tokio::test]
async fn every_function_has_a_file_and_every_file_is_a_function_of_equal_source() {
    let (_, owner) = fresh().await;
    let functions: Vec<(String, String)> = sqlx::query_as(
        "SELECT n.nspname || '.' || p.proname, p.prosrc FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
            WHERE n.nspname IN ('auth', 'tenancy') AND p.prokind = 'f' ORDER BY n.nspname || '.' || p.proname COLLATE \"C\"",
    )
    .fetch_all(&owner)
    .await
    .unwrap();
    let files = files();
    let in_database: Vec<_> = functions.iter().map(|(name, _)| name).collect();
    let on_disk: Vec<_> = files.keys().collect();
    assert_eq!(in_database, on_disk, "left: the database; right: migrations/functions");
    for (name, source) in &functions {
        let (_, rest) = files[name].split_once("$$").unwrap();
        let (body, _) = rest.split_once("$$").unwrap();
        assert_eq!(source, body, "{name}");
        let head = format!("CREATE OR REPLACE FUNCTION {name}(");
        assert!(files[name].contains(&head), "{name} makes another function");
        assert!(files[name].starts_with("-- "), "{name} doesn't say what it is for");
        let closed = format!("REVOKE ALL ON FUNCTION {name} FROM PUBLIC, inventiv_app, inventiv_system;");
        assert!(
            files[name].contains(&closed),
            "{name} keeps grants that its file took away"
        );
    }
    // What migrations call belongs to them: a new migration must find the same on a fresh database and on one that lived.
    let procedures: Vec<String> = sqlx::query_scalar(
        "SELECT oid::regproc::text FROM pg_proc WHERE pronamespace IN ('auth'::regnamespace, 'tenancy'::regnamespace) AND prokind <> 'f'
            ORDER BY 1",
    )
    .fetch_all(&owner)
    .await
    .unwrap();
    assert_eq!(
        procedures,
        ["tenancy.lock_down", "tenancy.protect_child", "tenancy.protect_owned"]
    );
}

#[tokio::test]
async fn files_say_everything_about_their_functions() {
    let (options, owner) = fresh().await;
    let before = definitions(functions(&owner).await);
    owner.execute("DELETE FROM function_files").await.unwrap();
    owner
        .execute("GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA auth, tenancy TO inventiv_app, inventiv_system")
        .await
        .unwrap();
    assert_ne!(before, definitions(functions(&owner).await));
    migrate(&options).await.unwrap();
    assert_eq!(before, definitions(functions(&owner).await));
}

#[tokio::test]
async fn bodies_name_their_schemas() {
    let (_, owner) = fresh().await;
    let pinned = "SET search_path = pg_catalog, public, pg_temp";
    for (name, text) in files() {
        // PostgreSQL checks the body under the function's own settings.
        let bare = text.replace(pinned, "SET search_path = ''");
        let made = owner.execute(sqlx::AssertSqlSafe(bare)).await;
        assert!(made.is_ok(), "{name}: {made:?}");
    }
}

#[tokio::test]
async fn a_changed_file_is_put_in_and_an_unchanged_one_is_left_alone() {
    let (options, owner) = fresh().await;
    let original = functions(&owner).await;
    let [changed, left_alone] = ["auth.end_challenge", "auth.count_challenge_failure"];
    for name in [changed, left_alone] {
        let other = format!(
            "CREATE OR REPLACE FUNCTION {name}(presented_hash bytea) RETURNS void LANGUAGE sql SECURITY DEFINER
                SET search_path = pg_catalog, public, pg_temp AS 'SELECT'"
        );
        owner.execute(sqlx::AssertSqlSafe(other)).await.unwrap();
    }
    sqlx::query("UPDATE function_files SET hash = sha256('of another text') WHERE name = $1")
        .bind(changed)
        .execute(&owner)
        .await
        .unwrap();
    sqlx::query("INSERT INTO function_files VALUES ('auth.gone', sha256('gone'), '{0, 0, 1}')")
        .execute(&owner)
        .await
        .unwrap();
    let before = functions(&owner).await;
    migrate(&options).await.unwrap();
    let after = functions(&owner).await;
    for (name, (definition, place)) in &after {
        let is_changed = name.starts_with(changed);
        assert_eq!(*place != before[name].1, is_changed, "{name} was put in, or was not");
        assert_eq!(
            *definition == original[name].0,
            !name.starts_with(left_alone),
            "{name}: {definition}"
        );
    }
    let known: Vec<String> = sqlx::query_scalar("SELECT name FROM function_files ORDER BY name COLLATE \"C\"")
        .fetch_all(&owner)
        .await
        .unwrap();
    assert!(known.iter().eq(files().keys()), "{known:?}");
}

#[tokio::test]
async fn a_function_that_is_not_there_is_put_in() {
    let (options, owner) = fresh().await;
    let before = definitions(functions(&owner).await);
    owner.execute("DROP FUNCTION auth.end_challenge").await.unwrap();
    migrate(&options).await.unwrap();
    assert_eq!(before, definitions(functions(&owner).await));
}

#[tokio::test]
async fn functions_of_a_newer_program_are_refused_by_an_older_one() {
    let (options, owner) = fresh().await;
    owner
        .execute("UPDATE function_files SET program_version = '{999, 0, 0}'")
        .await
        .unwrap();
    // The newer program has the same functions: nothing stands in the way.
    migrate(&options).await.unwrap();
    owner
        .execute("UPDATE function_files SET hash = sha256('newer') WHERE name = 'auth.end_challenge'")
        .await
        .unwrap();
    let refused = migrate(&options).await.unwrap_err().to_string();
    assert!(
        refused.contains("newer Inventiv") && refused.contains("auth.end_challenge"),
        "{refused}"
    );
    let untouched: bool =
        sqlx::query_scalar("SELECT hash = sha256('newer') FROM function_files WHERE name = 'auth.end_challenge'")
            .fetch_one(&owner)
            .await
            .unwrap();
    assert!(untouched);
}

/// Everything as the release before had it, with an account, an organization, a session, a key and an invitation.
async fn of_the_release_before(options: &PgConnectOptions) -> PgPool {
    let mut migrations: Migrator = sqlx::migrate!("../../migrations");
    migrations
        .migrations
        .to_mut()
        .retain(|migration| migration.version < FUNCTION_FILES);
    let owner = PgPool::connect_with(options.clone()).await.unwrap();
    migrations.run(&owner).await.unwrap();
    let script = "
        BEGIN;
        INSERT INTO users (id, email, username, password_hash, created_at, updated_at)
            VALUES ('{ada}', 'ada@example.test', 'ada', 'hash of ada', now(), now());
        INSERT INTO organizations (id, name, slug, color, created_by_user_id, created_at, updated_at)
            VALUES ('{acme}', 'Acme', 'acme', '#000000', '{ada}', now(), now());
        INSERT INTO organization_memberships (organization_id, user_id, role, created_at, updated_at)
            VALUES ('{acme}', '{ada}', 'owner', now(), now());
        INSERT INTO user_sessions (id, user_id, current_organization_id, organization_role, token_hash, token_issued_at, created_at, last_used_at,
            expires_at, authenticated_at)
            VALUES ('{session}', '{ada}', '{acme}', 'owner', sha256('token'), now(), now(), now(), now() + interval '1 day', now());
        INSERT INTO api_keys (id, scope, organization_id, created_by_user_id, name, public_id, prefix, secret_hash, created_at)
            VALUES ('{session}', 'organization', '{acme}', '{ada}', 'laptop', 'public', 'inv_public', sha256('secret'), now());
        INSERT INTO organization_invitations (id, organization_id, email, role, token_hash, invited_by_user_id, invited_by_name, created_at,
            expires_at)
            VALUES ('{session}', '{acme}', 'bob@example.test', 'user', sha256('link'), '{ada}', 'Ada', now(), now() + interval '1 day');
        COMMIT";
    let script = script
        .replace("{ada}", &ADA.to_string())
        .replace("{acme}", &ACME.to_string())
        .replace("{session}", &SESSION.to_string());
    owner.execute(sqlx::AssertSqlSafe(script)).await.unwrap();
    owner
}

const ADA: Uuid = Uuid::from_u128(1);
const ACME: Uuid = Uuid::from_u128(2);
const SESSION: Uuid = Uuid::from_u128(3);

/// Rows of the tables whose grants changed, as they were then: without the columns that came later.
async fn rows(owner: &PgPool) -> Vec<String> {
    let query = "SELECT (to_jsonb(u) - 'last_organization_id')::text FROM users u UNION ALL SELECT s::text FROM user_sessions s UNION ALL SELECT k::text FROM api_keys k
        UNION ALL SELECT (to_jsonb(i) - ARRAY['link_shown', 'mail_id'])::text FROM organization_invitations i ORDER BY 1";
    sqlx::query_scalar(query).fetch_all(owner).await.unwrap()
}

#[tokio::test]
async fn a_database_of_the_release_before_keeps_its_rows_and_gets_the_functions() {
    let options = empty_database().await;
    let owner = of_the_release_before(&options).await;
    let before = rows(&owner).await;
    assert_eq!(before.len(), 4);
    migrate(&options).await.unwrap();
    assert_eq!(rows(&owner).await, before);
    let (_, new) = fresh().await;
    assert_eq!(
        definitions(functions(&owner).await),
        definitions(functions(&new).await),
        "left: a database that lived; right: a new one"
    );

    // Who signed in before still is.
    let mut app = owner.acquire().await.unwrap();
    app.execute("SET ROLE inventiv_app").await.unwrap();
    let state: String = sqlx::query_scalar("SELECT token_state FROM auth.session_by_token($1, sha256('token'), now())")
        .bind(SESSION)
        .fetch_one(&mut *app)
        .await
        .unwrap();
    assert_eq!(state, "current");
    let refused = app.execute("SELECT password_hash FROM users").await.unwrap_err();
    let code = refused.as_database_error().and_then(|error| error.code());
    assert_eq!(code.as_deref(), Some("42501"), "{refused}");
}
