//! Inside of one organization: whoever asks, in whichever role, no statement of the application's role reads or writes what opens a
//! door, neither a colleague's nor the person's own. What functions do instead, they do for the person in the settings alone.

use sqlx::postgres::PgConnectOptions;
use sqlx::{Executor as _, PgConnection, PgPool};

use super::bare_sql::{Outcome, Settings, as_application, attempt};
use super::classes::{Class, NOT_SECRET, SECRET_COLUMNS, TABLES};
use crate::harness::TestServer;
use crate::harness::world::{Side, World};

fn in_organization(world: &World, name: &'static str) -> Settings {
    Settings {
        name,
        user: world.principal(name).person,
        organization: Some(world.side(Side::Alpha).tenant),
        personal: None,
        platform: false,
    }
}

fn in_personal(world: &World, name: &'static str, platform: bool) -> Settings {
    let person = world.principal(name).person;
    Settings {
        name,
        user: person,
        organization: None,
        personal: person,
        platform,
    }
}

/// Everybody of one organization, and those beside it.
fn everybody(world: &World) -> Vec<Settings> {
    let mut everybody: Vec<_> = ["user", "manager", "admin", "owner"]
        .map(|name| in_organization(world, name))
        .into();
    everybody.push(in_personal(world, "platform admin", true));
    everybody.push(in_personal(world, "personal", false));
    everybody
}

fn nobody() -> Settings {
    Settings {
        name: "nobody",
        user: None,
        organization: None,
        personal: None,
        platform: false,
    }
}

struct Bare {
    owner: PgPool,
    app: PgConnection,
}

impl Bare {
    async fn on(options: PgConnectOptions) -> Self {
        Self {
            owner: PgPool::connect_with(options.clone()).await.unwrap(),
            app: as_application(&options).await,
        }
    }

    /// A text of the owner's choice.
    async fn text(&self, query: String) -> String {
        let found: Option<String> = sqlx::query_scalar(sqlx::AssertSqlSafe(query.clone()))
            .fetch_optional(&self.owner)
            .await
            .unwrap();
        found.unwrap_or_else(|| panic!("nothing found: {query}"))
    }

    async fn reached(&mut self, settings: &Settings, statement: &str) -> i64 {
        match attempt(&mut self.app, settings, statement).await {
            Outcome::Reached(count) => count,
            outcome => panic!("{}: {statement}: {outcome:?}", settings.name),
        }
    }

    /// Statements that read or write one secret column, of everybody's rows that the policies show.
    async fn statements(&self, table: &str, column: &str, settings: &Settings) -> Vec<String> {
        let value = match self.text(format!(
            "SELECT format_type(atttypid, NULL) FROM pg_attribute WHERE attrelid = '{table}'::regclass AND attname = '{column}'"
        ))
        .await
        .as_str()
        {
            "bytea" => "sha256('known')",
            "jsonb" => "'{}'::jsonb",
            "text" => "'known'",
            other => panic!("{table}.{column} is {other}: say what a forger would write"),
        };
        let mut statements = vec![
            format!("SELECT count({column}) FROM {table}"),
            format!("SELECT count(*) FROM {table} WHERE {column} IS NOT NULL"),
            format!("SELECT count(*) FROM (SELECT t::text FROM {table} t) AS whole"),
            format!("SELECT count(*) FROM (SELECT {column} FROM {table} FOR SHARE) AS held"),
            format!("WITH gone AS (DELETE FROM {table} RETURNING {column}) SELECT count(*) FROM gone"),
            format!("WITH made AS (UPDATE {table} SET {column} = {value} RETURNING 1) SELECT count(*) FROM made"),
        ];
        // A row of the person's own, or of the workspace: no policy stands in its way, so what refuses it is the grant.
        let class = TABLES.iter().find(|(name, _)| *name == table).unwrap().1;
        let own = match class {
            Class::System => "true".to_owned(),
            _ => {
                let tenant = settings.organization.or(settings.personal).unwrap_or_default();
                class.belongs_to(tenant, &[settings.user.unwrap_or_default()])
            }
        };
        let row: Option<String> = sqlx::query_scalar(sqlx::AssertSqlSafe(format!(
            "SELECT to_jsonb(t)::text FROM {table} t WHERE {own} LIMIT 1"
        )))
        .fetch_optional(&self.owner)
        .await
        .unwrap();
        if let Some(row) = row {
            let columns = self
                .text(format!(
                    "SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute
                        WHERE attrelid = '{table}'::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''"
                ))
                .await;
            let row = row.replace('\'', "''");
            statements.push(format!(
                "WITH made AS (INSERT INTO {table} ({columns}) SELECT {columns} FROM jsonb_populate_record(NULL::{table}, '{row}')
                    RETURNING 1) SELECT count(*) FROM made"
            ));
        }
        statements
    }
}

/// What reaches a secret column, by whom.
struct Finding {
    who: &'static str,
    column: (&'static str, &'static str),
    how: String,
}

async fn findings(bare: &mut Bare, everybody: &[Settings]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for settings in everybody {
        for (table, column) in SECRET_COLUMNS {
            for statement in bare.statements(table, column, settings).await {
                match attempt(&mut bare.app, settings, &statement).await {
                    Outcome::Refused | Outcome::Reached(0) => {}
                    outcome => findings.push(Finding {
                        who: settings.name,
                        column: (table, column),
                        how: format!("{statement}: {outcome:?}"),
                    }),
                }
            }
        }
    }
    findings
}

#[tokio::test]
async fn no_statement_reads_or_writes_a_secret_of_colleagues_or_of_oneself() {
    let world = World::shared().await;
    let mut bare = Bare::on(world.copy().await).await;
    let mut everybody = everybody(world);
    everybody.push(nobody());
    let reached: Vec<_> = findings(&mut bare, &everybody)
        .await
        .into_iter()
        .map(|finding| format!("{}: {:?}: {}", finding.who, finding.column, finding.how))
        .collect();
    assert!(reached.is_empty(), "{}", reached.join("\n"));
}

/// Grants and policies as they were when a plain member's settings opened every door of an organization.
const OPEN_DOORS: &str = "
    GRANT SELECT, INSERT, UPDATE ON users, user_sessions, api_keys, organization_invitations, totp_authenticators, passkeys, recovery_codes,
        sign_in_challenges, passkey_ceremonies, idempotency_keys TO inventiv_app;
    CREATE POLICY own_rows ON passkey_ceremonies TO inventiv_app
        USING (user_id = NULLIF((SELECT current_setting('inventiv.user_id', true)), '')::uuid);
    CREATE POLICY own_rows ON idempotency_keys TO inventiv_app
        USING (user_id = NULLIF((SELECT current_setting('inventiv.user_id', true)), '')::uuid);
    CREATE POLICY sessions_of_organization ON user_sessions TO inventiv_app
        USING (current_organization_id = NULLIF((SELECT current_setting('inventiv.organization_id', true)), '')::uuid);";

#[tokio::test]
async fn where_the_doors_are_open_the_statements_find_each_of_them() {
    // Requests never had a grant on these.
    const CLOSED_ALWAYS: [&str; 5] = [
        "email_changes",
        "jobs",
        "outbox",
        "password_reset_tokens",
        "worker_tokens",
    ];

    let world = World::shared().await;
    let mut bare = Bare::on(world.copy().await).await;
    bare.owner.execute(OPEN_DOORS).await.unwrap();
    let findings = findings(&mut bare, &everybody(world)).await;
    let found = |who: &str, column: &(&str, &str), how: &str| {
        findings
            .iter()
            .any(|finding| finding.who == who && finding.column == *column && finding.how.contains(how))
    };
    for column in SECRET_COLUMNS
        .iter()
        .filter(|(table, _)| !CLOSED_ALWAYS.contains(table))
    {
        for how in ["SELECT count(", "(UPDATE ", "(INSERT "] {
            assert!(found("owner", column, how), "{how} of {column:?} stays unseen");
        }
    }
    for name in ["user", "manager", "admin", "owner", "platform admin", "personal"] {
        assert!(found(name, &("users", "password_hash"), "SELECT count("), "{name}");
        assert!(found(name, &("user_sessions", "token_hash"), "(UPDATE "), "{name}");
    }
}

#[tokio::test]
async fn nobody_reaches_a_colleagues_session_or_changes_a_colleagues_account() {
    let world = World::shared().await;
    let mut bare = Bare::on(world.copy().await).await;
    for settings in everybody(world) {
        let me = settings.user.unwrap();
        let own = format!("SELECT count(*) FROM user_sessions WHERE user_id = '{me}'");
        assert!(bare.reached(&settings, &own).await > 0, "{}", settings.name);
        for statement in [
            format!("SELECT count(*) FROM user_sessions WHERE user_id <> '{me}'"),
            format!("SELECT count(*) FROM (SELECT 1 FROM user_sessions WHERE user_id <> '{me}' FOR UPDATE) AS held"),
            format!(
                "WITH ended AS (UPDATE user_sessions SET revoked_at = now() RETURNING user_id)
                    SELECT count(*) FROM ended WHERE user_id <> '{me}'"
            ),
            format!(
                "WITH proven AS (UPDATE user_sessions SET authenticated_at = now() WHERE user_id <> '{me}' RETURNING 1)
                    SELECT count(*) FROM proven"
            ),
            format!(
                "WITH changed AS (UPDATE users SET email = 'known@example.test' WHERE id <> '{me}' RETURNING 1)
                    SELECT count(*) FROM changed"
            ),
        ] {
            assert_eq!(
                bare.reached(&settings, &statement).await,
                0,
                "{}: {statement}",
                settings.name
            );
        }
    }
}

/// A statement about something of the owner's, and who gets somewhere with it: the test is nothing without them.
struct Act {
    statement: String,
    may: &'static [&'static str],
}

/// Counts the rows of a call that say yes.
fn yes(call: String, may: &'static [&'static str]) -> Act {
    let statement = format!("SELECT count(*) FROM (SELECT {call} AS done) AS called WHERE done");
    Act { statement, may }
}

fn rows(call: String, may: &'static [&'static str]) -> Act {
    let statement = format!("SELECT count(*) FROM {call}");
    Act { statement, may }
}

#[tokio::test]
async fn functions_reach_what_is_the_persons_own_and_colleagues_sessions_only_for_those_who_act_on_members() {
    const OWN: &[&str] = &["owner"];
    const MORE_THAN_A_MEMBER: &[&str] = &["owner", "admin", "manager"];
    const BEFORE_A_PRINCIPAL: &[&str] = &["nobody"];

    let world = World::shared().await;
    let mut bare = Bare::on(world.copy().await).await;
    let (alpha, owner) = (world.side(Side::Alpha), world.principal("owner").person.unwrap());
    let organization = alpha.tenant;
    let session = bare
        .text(format!(
            "SELECT id::text FROM user_sessions WHERE user_id = '{owner}' AND current_organization_id = '{organization}' AND revoked_at IS NULL"
        ))
        .await;
    let of_session =
        |column: &str| format!("SELECT '\\x' || encode({column}, 'hex') FROM user_sessions WHERE id = '{session}'");
    let token = bare.text(of_session("token_hash")).await;
    let email = bare.text(format!("SELECT email FROM users WHERE id = '{owner}'")).await;
    let passkey = world.principal("owner").factors.as_ref().unwrap().passkey;
    let ceremony = bare
        .text(format!(
            "SELECT concat_ws(''', ''', id, session_id, purpose, rp_id) FROM passkey_ceremonies WHERE user_id = '{owner}' LIMIT 1"
        ))
        .await;
    let answer = bare
        .text(format!(
            "SELECT concat_ws(''', ''', tenant, operation, key) FROM idempotency_keys WHERE user_id = '{owner}' LIMIT 1"
        ))
        .await;
    let recovery_code = bare
        .text(format!(
            "SELECT '\\x' || encode(code_hash, 'hex') FROM recovery_codes WHERE user_id = '{owner}' AND used_at IS NULL LIMIT 1"
        ))
        .await;
    let invitation = alpha.id("organization_invitations").unwrap();
    let challenge = format!("sha256('challenge {}')", Side::Alpha.marker());
    let new_invitation = format!(
        "auth.create_invitation('{}', '{organization}', 'new@example.test', 'owner', sha256('known'), 'me', now(), now() + interval '1 day', NULL)",
        inventiv_server::ids::new_id()
    );
    let acts = [
        rows(
            format!("auth.user_by_login('{email}') WHERE password_hash IS NOT NULL"),
            BEFORE_A_PRINCIPAL,
        ),
        rows(
            format!("auth.api_key_by_public_id('public-{}')", Side::Alpha.marker()),
            BEFORE_A_PRINCIPAL,
        ),
        yes(
            format!("auth.renew_session_token('{session}', '{token}', sha256('known'), now(), now())"),
            OWN,
        ),
        yes(
            format!("auth.switch_session('{session}', sha256('known'), NULL, now(), now())"),
            OWN,
        ),
        yes(format!("auth.lock_session_token('{session}') IS NOT NULL"), OWN),
        rows(format!("auth.own_passkeys(100) WHERE id = '{passkey}'"), OWN),
        rows(format!("auth.lock_challenge({challenge}, now())"), OWN),
        yes(
            format!("auth.take_passkey_ceremony('{ceremony}', '-infinity') IS NOT NULL"),
            OWN,
        ),
        rows(format!("auth.own_answer('{answer}')"), OWN),
        yes(format!("auth.use_recovery_code('{recovery_code}', now())"), OWN),
        rows(
            format!("tenancy.show_role_in_sessions('{organization}', '{owner}', 'user')"),
            MORE_THAN_A_MEMBER,
        ),
        rows(
            format!("tenancy.move_sessions_to_personal('{organization}', '{owner}')"),
            MORE_THAN_A_MEMBER,
        ),
        rows(
            format!("tenancy.move_sessions_to_personal('{organization}', NULL)"),
            MORE_THAN_A_MEMBER,
        ),
        yes(
            format!("tenancy.sessions_count('{organization}', now()) > 0"),
            MORE_THAN_A_MEMBER,
        ),
        yes(new_invitation, MORE_THAN_A_MEMBER),
    ];
    for settings in everybody(world).iter().chain([&nobody()]) {
        for Act { statement, may } in &acts {
            let reached = bare.reached(settings, statement).await > 0;
            assert_eq!(reached, may.contains(&settings.name), "{}: {statement}", settings.name);
        }
    }

    // What answers nothing is seen in the row.
    let link = format!("SELECT token_hash::text FROM organization_invitations WHERE id = '{invitation}'");
    let before = bare.text(link.clone()).await;
    for name in ["user", "owner"] {
        let settings = in_organization(world, name);
        let renew = format!(
            "SELECT set_config('inventiv.user_id', '{}', false), set_config('inventiv.organization_id', '{organization}', false),
                auth.renew_invitation('{organization}', '{invitation}', sha256('known'), 'me', now(), NULL)",
            settings.user.unwrap()
        );
        sqlx::query(sqlx::AssertSqlSafe(renew))
            .execute(&mut bare.app)
            .await
            .unwrap();
        assert_eq!(bare.text(link.clone()).await == before, name == "user", "{name}");
    }
}

#[tokio::test]
async fn a_member_moves_the_own_sessions_out_of_the_organization() {
    let world = World::shared().await;
    let mut bare = Bare::on(world.copy().await).await;
    let user = in_organization(world, "user");
    let statement = format!(
        "SELECT count(*) FROM tenancy.move_sessions_to_personal('{}', '{}')",
        world.side(Side::Alpha).tenant,
        user.user.unwrap()
    );
    assert!(bare.reached(&user, &statement).await > 0);
}

#[tokio::test]
async fn secret_columns_are_granted_to_no_request() {
    let owner = TestServer::start().await.owner.clone();
    let mut granted = Vec::new();
    for (table, column) in SECRET_COLUMNS {
        for privilege in ["SELECT", "INSERT", "UPDATE", "REFERENCES"] {
            let may: bool = sqlx::query_scalar("SELECT has_column_privilege('inventiv_app', $1, $2, $3)")
                .bind(table)
                .bind(column)
                .bind(privilege)
                .fetch_one(&owner)
                .await
                .unwrap();
            if may {
                granted.push(format!("{privilege} of {table}.{column}"));
            }
        }
    }
    assert!(granted.is_empty(), "{granted:?}");
}

/// By type and by name: what is stored in bytes or in JSON, and whatever is called like a secret.
#[tokio::test]
async fn every_column_that_looks_like_a_secret_is_listed() {
    let owner = TestServer::start().await.owner.clone();
    let suspects: Vec<(String, String)> = sqlx::query_as(
        "SELECT c.relname::text, a.attname::text FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
            WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND a.attnum > 0
            AND NOT a.attisdropped AND (a.atttypid IN ('bytea'::regtype, 'jsonb'::regtype, 'json'::regtype)
                OR a.attname ~ '(password|secret|token|hash|credential|passkey|_key)')",
    )
    .fetch_all(&owner)
    .await
    .unwrap();
    let is_secret = |table: &str, column: &str| SECRET_COLUMNS.contains(&(table, column));
    let is_harmless = |table: &str, column: &str| NOT_SECRET.iter().any(|(t, c, _)| (*t, *c) == (table, column));
    let unlisted: Vec<_> = suspects
        .iter()
        .filter(|(table, column)| !is_secret(table, column) && !is_harmless(table, column))
        .collect();
    assert!(unlisted.is_empty(), "SECRET_COLUMNS or NOT_SECRET? {unlisted:?}");
    let twice: Vec<_> = SECRET_COLUMNS
        .iter()
        .filter(|(table, column)| is_harmless(table, column))
        .collect();
    assert!(twice.is_empty(), "secret and not secret: {twice:?}");
    let gone: Vec<_> = NOT_SECRET
        .iter()
        .filter(|(table, column, _)| {
            !suspects
                .iter()
                .any(|(t, c)| (t.as_str(), c.as_str()) == (*table, *column))
        })
        .collect();
    assert!(
        gone.is_empty(),
        "no such column, or nobody would take it for a secret: {gone:?}"
    );
}
