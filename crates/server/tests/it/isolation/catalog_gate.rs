//! The schema as PostgreSQL knows it, against the rules of isolation. Each rule lists what breaks it, so a new table that forgets
//! one is named.

use sqlx::PgPool;

use super::classes::{Class, DEFINER_FUNCTIONS, TABLES};
use crate::harness::TestServer;

/// Written once, never changed or removed, by nobody's role.
const APPEND_ONLY: &[&str] = &["audit_log", "inference_usage", "instance_state_history", "model_prices"];

async fn names(owner: &PgPool, query: &'static str) -> Vec<String> {
    sqlx::query_scalar(query).fetch_all(owner).await.unwrap()
}

fn tables_of(wanted: impl Fn(Class) -> bool) -> Vec<String> {
    TABLES
        .iter()
        .filter(|(_, class)| wanted(*class))
        .map(|(table, _)| (*table).to_owned())
        .collect()
}

async fn schema() -> PgPool {
    TestServer::start().await.owner.clone()
}

#[tokio::test]
async fn every_table_is_in_exactly_one_reviewed_class() {
    let owner = schema().await;
    let actual = names(
        &owner,
        "SELECT relname::text COLLATE \"C\" FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'f', 'm')
            AND NOT relispartition ORDER BY 1",
    )
    .await;
    let mut reviewed: Vec<_> = tables_of(|_| true);
    reviewed.sort();
    assert_eq!(actual, reviewed, "left: the schema; right: isolation/classes.rs");
    let elsewhere = names(
        &owner,
        "SELECT oid::regclass::text FROM pg_class WHERE relkind IN ('r', 'p', 'f', 'm') AND relpersistence <> 't'
            AND relnamespace NOT IN ('public'::regnamespace, 'pg_catalog'::regnamespace, 'information_schema'::regnamespace, 'pg_toast'::regnamespace)",
    )
    .await;
    assert!(
        elsewhere.is_empty(),
        "tables outside of the reviewed schema: {elsewhere:?}"
    );
}

#[tokio::test]
async fn tables_with_tenants_force_row_level_security_and_have_policies_for_the_application() {
    let owner = schema().await;
    for table in tables_of(Class::has_tenants) {
        let (enabled, forced): (bool, bool) =
            sqlx::query_as("SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE oid = $1::regclass")
                .bind(&table)
                .fetch_one(&owner)
                .await
                .unwrap();
        assert!(enabled && forced, "{table}: enabled {enabled}, forced {forced}");
        let policies: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM pg_policies WHERE tablename = $1 AND roles = '{inventiv_app}'::name[]",
        )
        .bind(&table)
        .fetch_one(&owner)
        .await
        .unwrap();
        let reachable: bool =
            sqlx::query_scalar("SELECT has_any_column_privilege('inventiv_app', $1, 'SELECT, INSERT, UPDATE')")
                .bind(&table)
                .fetch_one(&owner)
                .await
                .unwrap();
        assert!(
            policies > 0 || !reachable,
            "{table} is granted to the application without a policy"
        );
    }
    let bare_partitions = names(
        &owner,
        "SELECT c.relname::text FROM pg_class c JOIN pg_inherits i ON i.inhrelid = c.oid JOIN pg_class p ON p.oid = i.inhparent
            WHERE c.relispartition AND c.relkind <> 'i' AND c.relkind <> 'I' AND p.relrowsecurity
            AND NOT (c.relrowsecurity AND c.relforcerowsecurity)",
    )
    .await;
    assert!(
        bare_partitions.is_empty(),
        "partitions that can be read around their parent: {bare_partitions:?}"
    );
}

#[tokio::test]
async fn policies_compare_settings_in_their_reviewed_form() {
    let owner = schema().await;
    let for_everybody = names(
        &owner,
        "SELECT tablename || '.' || policyname FROM pg_policies WHERE 'public' = ANY (roles)",
    )
    .await;
    assert!(for_everybody.is_empty(), "policies for every role: {for_everybody:?}");
    // `true` only for the owner and the system's role.
    let open = names(
        &owner,
        "SELECT tablename || '.' || policyname FROM pg_policies WHERE 'inventiv_app' = ANY (roles)
            AND (COALESCE(qual, 'x') = 'true' OR COALESCE(with_check, 'x') = 'true')",
    )
    .await;
    assert!(open.is_empty(), "policies that let everything through: {open:?}");
    // An empty setting must not reach the cast, an unset one must not raise, and each is read, and made an id, once per statement.
    let loose = names(
        &owner,
        "SELECT tablename || '.' || policyname FROM pg_policies WHERE 'inventiv_app' = ANY (roles)
            AND regexp_replace(COALESCE(qual, '') || ' ' || COALESCE(with_check, ''),
                '\\( SELECT (\\(NULLIF\\(current_setting\\(''inventiv\\.[a-z_]+_id''::text, true\\), ''''::text\\)\\)::uuid AS \"nullif\"'
                    || '|current_setting\\(''inventiv\\.platform''::text, true\\) AS current_setting)\\)', '', 'g') ~ 'current_setting\\('",
    )
    .await;
    assert!(
        loose.is_empty(),
        "settings read otherwise than in the house's form: {loose:?}"
    );
}

#[tokio::test]
async fn nothing_caches_a_setting_in_an_immutable_function() {
    let owner = schema().await;
    let immutable = names(
        &owner,
        "SELECT oid::regprocedure::text FROM pg_proc WHERE pronamespace IN ('public'::regnamespace, 'auth'::regnamespace, 'tenancy'::regnamespace)
            AND provolatile = 'i'",
    )
    .await;
    assert!(immutable.is_empty(), "IMMUTABLE functions of ours: {immutable:?}");
    let called = names(
        &owner,
        "SELECT DISTINCT p.polname::text || ' calls ' || f.oid::regprocedure::text FROM pg_policy p JOIN pg_depend d ON d.objid = p.oid
            AND d.classid = 'pg_policy'::regclass AND d.refclassid = 'pg_proc'::regclass JOIN pg_proc f ON f.oid = d.refobjid
            WHERE f.pronamespace <> 'pg_catalog'::regnamespace",
    )
    .await;
    assert!(
        called.is_empty(),
        "policies hide their condition in functions: {called:?}"
    );
}

#[tokio::test]
async fn tenant_columns_are_not_null_lead_an_index_and_follow_from_the_scope() {
    let owner = schema().await;
    for (table, class) in TABLES {
        for column in class.tenant_columns() {
            let (not_null, generated): (bool, bool) = sqlx::query_as(
                "SELECT attnotnull, attgenerated = 's' FROM pg_attribute WHERE attrelid = $1::regclass AND attname = $2",
            )
            .bind(table)
            .bind(column)
            .fetch_one(&owner)
            .await
            .unwrap();
            assert!(not_null, "{table}.{column} may be null");
            assert!(
                generated || *class != Class::Owned,
                "{table}.{column} is written by hand instead of following from the scope"
            );
            let indexed: bool = sqlx::query_scalar(
                "SELECT EXISTS (SELECT 1 FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
                    WHERE i.indrelid = $1::regclass AND a.attname = $2 AND i.indpred IS NULL)",
            )
            .bind(table)
            .bind(column)
            .fetch_one(&owner)
            .await
            .unwrap();
            assert!(indexed, "no index of {table} is led by {column}");
        }
        if *class == Class::Owned {
            let columns: i64 = sqlx::query_scalar(
                "SELECT count(*) FROM pg_attribute WHERE attrelid = $1::regclass AND attname IN ('scope', 'organization_id', 'owner_user_id')",
            )
            .bind(table)
            .fetch_one(&owner)
            .await
            .unwrap();
            assert_eq!(columns, 3, "{table} lacks scope, organization_id or owner_user_id");
            let checks: Vec<String> = sqlx::query_scalar(
                "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = $1::regclass AND contype IN ('c', 'u')",
            )
            .bind(table)
            .fetch_all(&owner)
            .await
            .unwrap();
            for wanted in [
                "CHECK (((scope = 'organization'::text) = (organization_id IS NOT NULL)))",
                "CHECK (((scope = 'personal'::text) = (owner_user_id IS NOT NULL)))",
                "UNIQUE (tenant, id)",
            ] {
                assert!(checks.iter().any(|check| check == wanted), "{table} lacks {wanted}");
            }
        }
    }
    let unclassed = names(
        &owner,
        "SELECT attrelid::regclass::text FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid WHERE c.relnamespace = 'public'::regnamespace
            AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND attname IN ('tenant', 'organization_id', 'owner_user_id', 'scope') AND attnum > 0",
    )
    .await;
    for table in unclassed {
        let class = TABLES.iter().find(|(name, _)| *name == table).map(|(_, class)| *class);
        assert!(
            class.is_some_and(Class::has_tenants),
            "{table} has a tenant's column and is {class:?}"
        );
    }
}

#[tokio::test]
async fn references_between_tenants_tables_carry_the_tenant() {
    let owner = schema().await;
    let references: Vec<(String, String, String, Vec<String>)> = sqlx::query_as(
        "SELECT conname::text, conrelid::regclass::text, confrelid::regclass::text,
            ARRAY(SELECT attname::text FROM unnest(confkey) WITH ORDINALITY k(n, o)
                JOIN pg_attribute a ON a.attrelid = confrelid AND a.attnum = n ORDER BY o)
            FROM pg_constraint c WHERE contype = 'f' AND connamespace = 'public'::regnamespace AND conparentid = 0",
    )
    .fetch_all(&owner)
    .await
    .unwrap();
    let class_of = |name: &str| TABLES.iter().find(|(table, _)| *table == name).map(|(_, class)| *class);
    for (name, from, to, columns) in references {
        let tenanted = |class: Option<Class>| matches!(class, Some(Class::Owned | Class::Child | Class::TwoSided));
        if tenanted(class_of(&to)) {
            assert!(
                columns.iter().any(|column| column == "tenant"),
                "{name}: {from} may point at another tenant's row of {to}"
            );
            assert!(
                tenanted(class_of(&from)),
                "{name}: {from} refers to rows of tenants without being one's"
            );
        }
    }
    let nullable = names(
        &owner,
        "SELECT c.conname || ' on ' || c.conrelid::regclass::text || ': ' || a.attname FROM pg_constraint c CROSS JOIN unnest(c.conkey) k
            JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k
            WHERE c.contype = 'f' AND c.connamespace = 'public'::regnamespace AND cardinality(c.conkey) > 1 AND NOT a.attnotnull
            AND a.attname LIKE '%tenant%'",
    )
    .await;
    assert!(
        nullable.is_empty(),
        "a composite key with a null tenant checks nothing: {nullable:?}"
    );
}

#[tokio::test]
async fn only_slugs_addresses_and_secrets_are_unique_across_tenants() {
    let owner = schema().await;
    let global = names(
        &owner,
        "SELECT i.indexrelid::regclass::text FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
            WHERE i.indisunique AND NOT i.indisprimary AND c.relnamespace = 'public'::regnamespace AND NOT c.relispartition
            AND NOT EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey::int2[])
                AND (a.attname LIKE '%tenant' OR a.atttypid = 'uuid'::regtype))
            AND i.indrelid::regclass::text <> ALL (ARRAY['providers'])
            ORDER BY 1",
    )
    .await;
    // A name that is unique for everybody tells one tenant what another has: these are meant to.
    let reviewed = [
        "api_keys_public_id_key",
        "jobs_unique",
        "organization_invitations_token_key",
        "organizations_slug_key",
        "passkeys_credential_key",
        "users_email_key",
        "users_username_key",
        "worker_tokens_token_hash_key",
    ];
    assert_eq!(global, reviewed);
}

#[tokio::test]
async fn functions_with_the_owners_rights_are_reviewed_pinned_and_not_for_everybody() {
    let owner = schema().await;
    let functions: Vec<(String, Vec<String>, bool)> = sqlx::query_as(
        "SELECT n.nspname || '.' || p.proname, COALESCE(p.proconfig, '{}'),
            EXISTS (SELECT 1 FROM aclexplode(COALESCE(p.proacl, acldefault('f', p.proowner))) a WHERE a.grantee = 0)
            FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
            WHERE p.prosecdef AND n.nspname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1",
    )
    .fetch_all(&owner)
    .await
    .unwrap();
    let actual: Vec<_> = functions.iter().map(|(name, ..)| name.as_str()).collect();
    assert_eq!(
        actual, DEFINER_FUNCTIONS,
        "left: the schema; right: isolation/classes.rs"
    );
    for (name, settings, public) in &functions {
        // Without pg_temp at the end, a temporary table would shadow the one that is meant.
        assert_eq!(
            settings,
            &["search_path=pg_catalog, public, pg_temp"],
            "{name} does not pin its search path"
        );
        assert!(!public, "{name} may be called by everybody");
    }
}

#[tokio::test]
async fn views_see_what_their_reader_sees() {
    let owner = schema().await;
    let views = names(
        &owner,
        "SELECT oid::regclass::text FROM pg_class WHERE relkind = 'v' AND relnamespace NOT IN ('pg_catalog'::regnamespace,
            'information_schema'::regnamespace) AND NOT COALESCE(reloptions, '{}') @> ARRAY['security_invoker=true']",
    )
    .await;
    assert!(views.is_empty(), "views with their owner's eyes: {views:?}");
}

#[tokio::test]
async fn the_roles_own_nothing_and_cannot_get_around_row_level_security() {
    let owner = schema().await;
    for role in ["inventiv_app", "inventiv_system"] {
        let owned: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM pg_shdepend WHERE refobjid = $1::regrole AND deptype = 'o'
                AND dbid = (SELECT oid FROM pg_database WHERE datname = current_database())",
        )
        .bind(role)
        .fetch_one(&owner)
        .await
        .unwrap();
        assert_eq!(owned, 0, "{role} owns something");
        let powerful: bool = sqlx::query_scalar(
            "SELECT bool_or(rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication) FROM pg_roles
                WHERE pg_has_role($1, oid, 'MEMBER')",
        )
        .bind(role)
        .fetch_one(&owner)
        .await
        .unwrap();
        assert!(!powerful, "{role} is, or may become, a powerful role");
        let member_of: i64 = sqlx::query_scalar("SELECT count(*) FROM pg_auth_members WHERE member = $1::regrole")
            .bind(role)
            .fetch_one(&owner)
            .await
            .unwrap();
        assert_eq!(member_of, 0, "{role} is a member of another role");
        let creates: bool = sqlx::query_scalar(
            "SELECT bool_or(has_schema_privilege($1, oid, 'CREATE')) FROM pg_namespace WHERE nspname IN ('public', 'auth', 'tenancy')",
        )
        .bind(role)
        .fetch_one(&owner)
        .await
        .unwrap();
        assert!(!creates, "{role} may create things in our schemas");
    }
}

#[tokio::test]
async fn grants_follow_the_class() {
    let owner = schema().await;
    let may = async |role: &'static str, table: &str, privileges: &'static str| -> bool {
        sqlx::query_scalar("SELECT has_table_privilege($1, $2, $3)")
            .bind(role)
            .bind(table)
            .bind(privileges)
            .fetch_one(&owner)
            .await
            .unwrap()
    };
    for (table, class) in TABLES {
        for role in ["inventiv_app", "inventiv_system"] {
            assert!(
                !may(role, table, "TRUNCATE, REFERENCES, TRIGGER").await,
                "{role} may do more than read and write {table}"
            );
        }
        match class {
            Class::Global => assert!(
                !may("inventiv_app", table, "INSERT, UPDATE, DELETE").await,
                "requests may write {table}"
            ),
            Class::System => assert!(
                !may("inventiv_app", table, "SELECT, INSERT, UPDATE, DELETE").await,
                "requests reach {table}"
            ),
            _ => {}
        }
    }
    for table in APPEND_ONLY {
        for role in ["inventiv_app", "inventiv_system"] {
            let changes: bool = sqlx::query_scalar(
                "SELECT has_any_column_privilege($1, $2, 'UPDATE') OR has_table_privilege($1, $2, 'DELETE')",
            )
            .bind(role)
            .bind(table)
            .fetch_one(&owner)
            .await
            .unwrap();
            assert!(!changes, "{role} may change {table}");
        }
    }
    let partitions = names(
        &owner,
        "SELECT c.relname || ' to ' || r.rolname FROM pg_class c CROSS JOIN pg_roles r WHERE c.relispartition AND c.relkind = 'r'
            AND r.rolname IN ('inventiv_app', 'inventiv_system') AND has_table_privilege(r.rolname, c.oid, 'SELECT, INSERT, UPDATE, DELETE')",
    )
    .await;
    assert!(
        partitions.is_empty(),
        "partitions reachable around their parent: {partitions:?}"
    );
    let everybody = names(
        &owner,
        "SELECT c.relname::text FROM pg_class c, aclexplode(c.relacl) a WHERE a.grantee = 0 AND c.relnamespace = 'public'::regnamespace",
    )
    .await;
    assert!(everybody.is_empty(), "granted to everybody: {everybody:?}");
}

#[tokio::test]
async fn enumerations_are_texts_with_a_check() {
    let owner = schema().await;
    let enums = names(&owner, "SELECT typname::text FROM pg_type WHERE typtype = 'e'").await;
    assert!(enums.is_empty(), "their equality is not leakproof: {enums:?}");
}
