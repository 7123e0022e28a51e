//! What is checked in about the program, compared with what the program says. `cargo xtask gen` writes these files anew by running
//! these tests with INVENTIV_BLESS=1.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use inventiv_server::permissions::{Permission, matrix_markdown};
use inventiv_server::program::console_codes;
use serde_json::Value;
use sqlx::PgPool;

use crate::harness::TestServer;
use crate::matrix::{described_operations, document, permission};

/// Names of operations that are older than ours.
const CUSTOMARY: &[&str] = &["healthz", "readyz", "version", "login", "logout", "reauthenticate"];

/// The first word of every other operation.
const VERBS: &[&str] = &[
    "activate",
    "answer",
    "assign",
    "leave",
    "preview",
    "request",
    "renew",
    "reset",
    "start",
    "confirm",
    "transfer",
    "change",
    "accept",
    "create",
    "deactivate",
    "delete",
    "deploy",
    "drain",
    "duplicate",
    "export",
    "get",
    "list",
    "put",
    "refresh",
    "register",
    "reinstall",
    "remove",
    "report",
    "resume",
    "resend",
    "retry",
    "rotate",
    "revoke",
    "run",
    "search",
    "send",
    "set",
    "stream",
    "switch",
    "sync",
    "terminate",
    "update",
    "upload",
    "archive",
    "cancel",
];

/// Compares a file of the repository with what it should hold, or writes it when told to.
#[track_caller]
fn golden(path: &str, content: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path);
    #[expect(clippy::disallowed_methods, reason = "who runs the test says so")]
    if std::env::var_os("INVENTIV_BLESS").is_some() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, content).unwrap();
        return;
    }
    let known = std::fs::read_to_string(&file).unwrap_or_default();
    let differs = known.lines().zip(content.lines()).position(|(a, b)| a != b);
    let line = differs.unwrap_or_else(|| known.lines().count().min(content.lines().count()));
    assert!(
        known == content,
        "{path} is stale from line {} on: run `cargo xtask gen`\nchecked in: {:?}\nthe program: {:?}",
        line + 1,
        known.lines().nth(line),
        content.lines().nth(line)
    );
}

#[test]
fn the_openapi_document_is_as_checked_in() {
    golden("openapi.json", &inventiv_server::program::document().unwrap());
}

#[test]
fn the_permission_matrix_is_as_checked_in() {
    golden("docs/generated/permissions.md", &matrix_markdown());
}

#[test]
fn the_consoles_codes_are_as_checked_in() {
    golden("web/src/api/codes.ts", &console_codes::typescript());
}

#[tokio::test]
async fn the_schema_is_as_checked_in() {
    let server = TestServer::start().await;
    golden("docs/generated/schema.md", &schema_markdown(&server.owner).await);
}

#[test]
fn every_operation_describes_itself() {
    let mut faults = Vec::new();
    let mut seen = HashSet::new();
    for (operation, description) in described_operations() {
        let name = format!("{} {} ({})", operation.method, operation.path, operation.id);
        let mut fault = |what: &str| faults.push(format!("{name}: {what}"));
        if !seen.insert(operation.id.clone()) {
            fault("its operationId is another one's too");
        }
        let verb = operation.id.split('_').next().unwrap_or_default();
        let words = operation
            .id
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        let is_v1 = operation.path.starts_with("/v1/");
        let follows_the_rule = words && operation.id.contains('_') && VERBS.contains(&verb);
        if !follows_the_rule && !CUSTOMARY.contains(&operation.id.as_str()) {
            fault("its operationId is not verb_noun");
        }
        if description["summary"].as_str().is_none_or(str::is_empty) {
            fault("no summary");
        }
        if description["tags"].as_array().is_none_or(Vec::is_empty) {
            fault("no tag");
        }
        let special = ["public", "worker"].contains(&operation.permission.as_str());
        if !special && !Permission::ALL.iter().any(|known| known.name() == operation.permission) {
            fault("its x-permission is no permission");
        }
        let responses = description["responses"].as_object().unwrap();
        let declares = |status: &str| responses.contains_key(status);
        if operation.permission != "public" && !declares("401") {
            fault("does not declare 401");
        }
        if !special && !permission_of_everybody(&operation.permission) && !declares("403") {
            fault("does not declare 403");
        }
        if operation.names_something() && operation.permission != "worker" && !declares("404") {
            fault("does not declare 404");
        }
        if operation.has_body
            && operation.permission != "worker"
            && !is_v1
            && !(declares("422") && declares("415") && declares("413"))
        {
            fault("takes a body and does not declare 413, 415 and 422");
        }
        if !responses.keys().any(|status| status.starts_with('2')) {
            fault("declares no success");
        }
        for (status, response) in responses {
            let is_error = status.starts_with('4') || status.starts_with('5');
            let problem = &response["content"]["application/problem+json"]["schema"]["$ref"];
            // The gateway answers in OpenAI's own shape, workers in theirs.
            let has_own_shape = is_v1 || operation.permission == "worker";
            if is_error && !has_own_shape && problem != "#/components/schemas/Problem" {
                fault(&format!("{status} is not a problem document"));
            }
            if is_error && has_own_shape && response["content"].as_object().is_none_or(serde_json::Map::is_empty) {
                fault(&format!("{status} has no shape"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Nobody signed in is ever refused it.
fn permission_of_everybody(name: &str) -> bool {
    use inventiv_server::permissions::{Policies, Role, WorkspaceRole, allowed};
    let organizations = Role::ALL.map(WorkspaceRole::Organization);
    [WorkspaceRole::Personal, WorkspaceRole::PlatformAdmin]
        .into_iter()
        .chain(organizations)
        .all(|role| allowed(role, permission(name), Policies::default()))
}

#[test]
fn every_schema_that_is_referred_to_exists() {
    let document = document();
    let known = document["components"]["schemas"].as_object().unwrap();
    let mut missing = Vec::new();
    visit(&document, &mut |value| {
        if let Some(name) = value["$ref"]
            .as_str()
            .and_then(|reference| reference.strip_prefix("#/components/schemas/"))
            && !known.contains_key(name)
        {
            missing.push(name.to_owned());
        }
    });
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn every_string_of_a_request_says_what_it_may_hold() {
    let document = document();
    let is_free = |schema: &Value| {
        let kind = &schema["type"];
        let is_text = kind == "string"
            || kind
                .as_array()
                .is_some_and(|kinds| kinds.contains(&Value::from("string")));
        is_text
            && ["maxLength", "format", "enum", "pattern"]
                .iter()
                .all(|limit| schema[limit].is_null())
    };
    let mut free = Vec::new();
    // What is outside of requests is an answer of ours.
    let mut waiting: Vec<(String, &Value)> = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let parameters = operation["parameters"].as_array().into_iter().flatten();
            let named = |parameter: &Value| format!("{method} {path} {}", parameter["name"]);
            waiting.extend(parameters.map(|parameter| (named(parameter), &parameter["schema"])));
            let bodies = operation["requestBody"]["content"].as_object().into_iter().flatten();
            waiting.extend(bodies.map(|(_, body)| (format!("{method} {path}"), &body["schema"])));
        }
    }
    let mut seen = HashSet::new();
    while let Some((place, schema)) = waiting.pop() {
        if let Some(reference) = schema["$ref"].as_str() {
            if seen.insert(reference) {
                waiting.push((reference.to_owned(), document.pointer(&reference[1..]).unwrap()));
            }
            continue;
        }
        if is_free(schema) {
            free.push(place.clone());
        }
        for parts in ["allOf", "anyOf", "oneOf"] {
            waiting.extend(
                schema[parts]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .map(|part| (place.clone(), part)),
            );
        }
        let fields = schema["properties"].as_object().into_iter().flatten();
        waiting.extend(fields.map(|(field, schema)| (format!("{place}.{field}"), schema)));
        if schema["items"].is_object() {
            waiting.push((format!("{place}[]"), &schema["items"]));
        }
    }
    assert!(free.is_empty(), "add them to program/string_limits.rs: {free:#?}");
    assert!(seen.len() > 30, "requests were looked at: {}", seen.len());
}

fn visit(value: &Value, see: &mut impl FnMut(&Value)) {
    match value {
        Value::Object(members) => {
            see(value);
            members.values().for_each(|member| visit(member, see));
        }
        Value::Array(items) => items.iter().for_each(|item| visit(item, see)),
        _ => {}
    }
}

/// The schema as PostgreSQL knows it: what reviews of a migration compare.
async fn schema_markdown(owner: &PgPool) -> String {
    let mut text = String::from(
        "# Schema\n\nGenerated from a freshly migrated database by `cargo xtask gen`; a test compares. \
         Owner and system role have a policy of their own on every table with row-level security (`owner_all`, `system_all`), not repeated here.\n",
    );
    let tables: Vec<(String, bool)> = sqlx::query_as(
        "SELECT relname::text COLLATE \"C\", relrowsecurity AND relforcerowsecurity FROM pg_class WHERE relnamespace = 'public'::regnamespace
            AND relkind IN ('r', 'p') AND NOT relispartition AND relname <> '_sqlx_migrations' ORDER BY 1",
    )
    .fetch_all(owner)
    .await
    .unwrap();
    let sections = [
        ("", COLUMNS),
        ("Constraints", CONSTRAINTS),
        ("Indexes", INDEXES),
        ("Policies", POLICIES),
        ("Triggers", TRIGGERS),
        ("Grants", GRANTS),
    ];
    let mut parts: HashMap<(&str, String), Vec<String>> = HashMap::new();
    for (title, query) in sections {
        let lines: Vec<(String, String)> = sqlx::query_as(query).fetch_all(owner).await.unwrap();
        for (table, line) in lines {
            parts.entry((title, table)).or_default().push(line);
        }
    }
    for (table, secured) in tables {
        let security = if secured {
            "row-level security, forced"
        } else {
            "no row-level security"
        };
        text.push_str(&format!("\n## {table}\n\n{security}\n"));
        for (title, _) in sections {
            let Some(lines) = parts.get(&(title, table.clone())) else {
                continue;
            };
            let heading = if title.is_empty() {
                "\n| column | type | |\n|---|---|---|\n".to_owned()
            } else {
                format!("\n{title}:\n\n")
            };
            text.push_str(&heading);
            for line in lines {
                text.push_str(line);
                text.push('\n');
            }
        }
    }
    let functions: Vec<String> = sqlx::query_scalar(FUNCTIONS).fetch_all(owner).await.unwrap();
    text.push_str("\n## Functions\n\n");
    for function in functions {
        text.push_str(&function);
        text.push('\n');
    }
    text
}

const COLUMNS: &str = "SELECT c.relname::text, format('| %s | %s | %s |', a.attname, format_type(a.atttypid, a.atttypmod),
        btrim(concat(CASE WHEN a.attnotnull THEN 'not null' END,
            CASE WHEN a.attgenerated = 's' THEN ' generated: `' || pg_get_expr(d.adbin, d.adrelid) || '`'
                WHEN d.adbin IS NOT NULL THEN ' default `' || pg_get_expr(d.adbin, d.adrelid) || '`' END)))
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped ORDER BY c.relname, a.attnum";

const CONSTRAINTS: &str = "SELECT c.relname::text, format('- `%s`: `%s`', k.conname, pg_get_constraintdef(k.oid))
    FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
    WHERE c.relnamespace = 'public'::regnamespace AND k.conparentid = 0 AND k.contype IN ('p', 'u', 'f', 'c')
    ORDER BY c.relname, array_position(ARRAY['p', 'u', 'f', 'c']::\"char\"[], k.contype), k.conname COLLATE \"C\"";

const INDEXES: &str =
    "SELECT tablename::text, format('- `%s`', regexp_replace(indexdef, ' ON (ONLY )?public\\.', ' ON '))
    FROM pg_indexes WHERE schemaname = 'public' ORDER BY tablename, indexname COLLATE \"C\"";

const POLICIES: &str = "SELECT tablename::text, format('- `%s` for %s to %s%s%s', policyname, lower(cmd), array_to_string(roles, ', '),
        ' using `' || regexp_replace(qual, '\\s+', ' ', 'g') || '`', ' check `' || regexp_replace(with_check, '\\s+', ' ', 'g') || '`')
    FROM pg_policies WHERE schemaname = 'public' AND policyname NOT IN ('owner_all', 'system_all') ORDER BY tablename, policyname COLLATE \"C\"";

const TRIGGERS: &str = "SELECT c.relname::text, format('- `%s`', regexp_replace(pg_get_triggerdef(t.oid), ' ON public\\.', ' ON '))
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE NOT t.tgisinternal AND c.relnamespace = 'public'::regnamespace
    AND NOT c.relispartition ORDER BY c.relname, t.tgname COLLATE \"C\"";

/// Of whole tables, and of single columns where the table isn't granted as a whole.
const GRANTS: &str = "SELECT c.relname::text, format('- %s: %s', r.rolname, concat_ws('; ',
        (SELECT string_agg(privilege, ', ') FROM unnest(ARRAY['select', 'insert', 'update', 'delete']) privilege
            WHERE has_table_privilege(r.rolname, c.oid, privilege)),
        (SELECT string_agg(of_columns, '; ') FROM (
            SELECT privilege || ' of ' || string_agg(a.attname, ', ' ORDER BY a.attnum) AS of_columns
            FROM unnest(ARRAY['select', 'insert', 'update']) WITH ORDINALITY p(privilege, place) JOIN pg_attribute a ON a.attrelid = c.oid
                AND a.attnum > 0 AND NOT a.attisdropped AND NOT has_table_privilege(r.rolname, c.oid, privilege)
                AND has_column_privilege(r.rolname, c.oid, a.attnum, privilege)
            GROUP BY privilege, place ORDER BY place) AS columns)))
    FROM pg_class c CROSS JOIN pg_roles r WHERE r.rolname IN ('inventiv_app', 'inventiv_system') AND c.relnamespace = 'public'::regnamespace
    AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND (has_table_privilege(r.rolname, c.oid, 'select, insert, update, delete')
        OR has_any_column_privilege(r.rolname, c.oid, 'select, insert, update')) ORDER BY c.relname, r.rolname";

const FUNCTIONS: &str = "SELECT format('- `%s.%s(%s)`%s, %s%s', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid),
        CASE WHEN p.prokind = 'p' THEN ' procedure' ELSE ' returns `' || pg_get_function_result(p.oid) || '`' END,
        CASE p.provolatile WHEN 'i' THEN 'immutable' WHEN 's' THEN 'stable' ELSE 'volatile' END,
        CASE WHEN p.prosecdef THEN ', security definer, executable by ' || COALESCE((SELECT string_agg(grantee::regrole::text, ', ' ORDER BY grantee::regrole::text)
            FROM aclexplode(p.proacl) WHERE grantee <> p.proowner), 'its owner') END)
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname IN ('public', 'auth', 'tenancy')
    ORDER BY n.nspname, p.proname COLLATE \"C\", p.oid";
