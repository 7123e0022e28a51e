//! Every operation of the OpenAPI document × every principal × {own, foreign, platform's, absent id}: the answer follows from the
//! permission matrix, what is refused changes nothing, nobody sees anything of anybody else, and a foreign thing answers like one
//! that isn't there. A new operation without a row in `rows.rs` fails here.

mod document;
mod evidence;
mod expectation;
mod rows;

use std::collections::{BTreeMap, HashSet};
use std::fmt::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::StreamExt as _;
use inventiv_server::permissions::WorkspaceRole;
use inventiv_server::plumbing::db::PoolSizes;
use serde_json::{Value, json};
use sqlx::Executor as _;

pub use document::{Operation, described_operations, document};
use evidence::{CapturedLog, leak, mails as queued_mails, of_everything, of_side, without_asked, without_request_id};
pub use expectation::permission;
use expectation::{Expected, READ_ONLY, expected};
use rows::{ABSENT, Names, ROWS, Row, Target, foreign_reference, id_of};

use crate::harness::world::{Principal, Side, World};
use crate::harness::{Answer, Client, TestServer, discard};

/// Requests under way at a time.
const CONCURRENCY: usize = 8;
/// Copies of the world in use at a time.
const COPIES: usize = 3;

/// Changes that leave no entry in the audit log, each for a reason. All others leave one.
const UNAUDITED: &[&str] = &[
    // A new token for the same session, every few minutes.
    "refresh_token",
    // What a passkey is asked to sign: gone in minutes, and nothing has changed for anybody.
    "start_passkey",
    "start_reauthentication",
];

/// One call.
#[derive(Clone)]
struct Case {
    operation: Operation,
    row: Row,
    principal: &'static Principal,
    target: Target,
    id: Option<String>,
    expected: Expected,
}

impl Case {
    fn name(&self) -> String {
        format!(
            "{} by {} with {:?} id",
            self.operation.id, self.principal.name, self.target
        )
    }

    fn path(&self) -> String {
        let id = self.id.as_deref().unwrap_or_default();
        format!("{}{}", self.operation.path_to(id), self.row.query)
    }

    fn body(&self, world: &World) -> Option<Value> {
        self.row.body.map(|body| body(world, self.principal))
    }

    /// Needs a world of its own.
    fn changes_things(&self) -> bool {
        self.row.changes && self.expected == Expected::Success
    }

    async fn call(&self, client: &Client, body: Option<Value>) -> Answer {
        if self.row.streams {
            client.open(self.operation.method.clone(), &self.path(), body).await
        } else {
            client.send(self.operation.method.clone(), &self.path(), body).await
        }
    }

    /// The refusal's code, in the shape of the operation.
    fn code_of<'a>(&self, answer: &'a Answer) -> &'a str {
        if self.operation.is_gateway() {
            answer.json["error"]["code"].as_str().unwrap_or_default()
        } else {
            answer.code()
        }
    }

    /// What is wrong with the answer, if anything.
    fn judge(&self, world: &World, answer: &Answer) -> Option<String> {
        let (status, code) = match self.expected {
            Expected::Success => (self.row.success, None),
            Expected::Refused(status, code) => (status, Some(code)),
        };
        let is_signed_in = self.principal.token.is_some();
        if self.operation.permission == "public" && is_signed_in && self.row.otherwise.contains(&answer.status) {
            return None;
        }
        if answer.status != status || code.is_some_and(|code| self.code_of(answer) != code) {
            return Some(format!(
                "{}: expected {status} {}, got {} {}",
                self.name(),
                code.unwrap_or_default(),
                answer.status,
                answer.text
            ));
        }
        if status == 403
            && code.is_some_and(|code| code != READ_ONLY)
            && answer.json["permission"] != self.operation.permission.as_str()
        {
            return Some(format!(
                "{}: the refusal doesn't name the permission: {}",
                self.name(),
                answer.text
            ));
        }
        if !self.operation.statuses.contains(&status) {
            return Some(format!(
                "{}: answers {status}, which the document does not declare",
                self.name()
            ));
        }
        // Whoever holds an invitation sees it.
        if matches!(self.row.names, Names::Invitation) {
            return None;
        }
        if self.row.shows_people && self.principal.role == Some(WorkspaceRole::PlatformAdmin) {
            return None;
        }
        let everything = format!(
            "{:?}\n{}",
            answer.headers,
            without_asked(&answer.text, self.id.as_deref())
        );
        let mut secrets = world.secrets_from(self.principal);
        if self.row.shows_queue && self.principal.role == Some(WorkspaceRole::PlatformAdmin) {
            let queued = world.queued_ids();
            secrets.retain(|secret| !queued.contains(secret));
        }
        leak(&everything, &secrets).map(|secret| format!("{}: shows {secret}: {everything}", self.name()))
    }
}

fn rows_by_operation() -> Vec<(Operation, Row)> {
    document::operations()
        .into_iter()
        .map(|operation| {
            let row = ROWS.iter().find(|row| row.operation == operation.id);
            let row =
                row.unwrap_or_else(|| panic!("{} has no row in the matrix (tests/it/matrix/rows.rs)", operation.id));
            (operation, row.clone())
        })
        .collect()
}

fn all_cases(world: &'static World) -> Vec<Case> {
    let mut cases = Vec::new();
    for (operation, row) in rows_by_operation() {
        let targets = match row.names {
            Names::Nothing => vec![Target::Own],
            _ => vec![Target::Own, Target::Foreign, Target::Platform, Target::Absent],
        };
        for principal in &world.principals {
            for target in &targets {
                let id = id_of(row.names, *target, world, principal);
                if id.is_none() && operation.names_something() {
                    continue;
                }
                cases.push(Case {
                    expected: expected(&operation, &row, principal, *target),
                    operation: operation.clone(),
                    row: row.clone(),
                    principal,
                    target: *target,
                    id,
                });
            }
        }
    }
    cases
}

/// Runs one future per item, some at a time, and gathers what went wrong.
async fn gather<T, F: Future<Output = Vec<String>>>(
    items: Vec<T>,
    at_once: usize,
    run: impl Fn(T) -> F,
) -> Vec<String> {
    futures_util::stream::iter(items)
        .map(run)
        .buffer_unordered(at_once)
        .flat_map(futures_util::stream::iter)
        .collect()
        .await
}

#[track_caller]
fn assert_nothing_wrong(mut faults: Vec<String>) {
    faults.sort();
    let mut report = String::new();
    for fault in faults.iter().take(40) {
        let _ = writeln!(report, "{}", fault.chars().take(600).collect::<String>());
    }
    assert!(faults.is_empty(), "{} faults\n{report}", faults.len());
}

/// Everything that may share a world because it changes nothing: refusals and reads.
async fn run_shared(world: &'static World, server: &TestServer, wanted: impl Fn(&Case) -> bool) -> Vec<String> {
    let cases: Vec<Case> = all_cases(world)
        .into_iter()
        .filter(|case| !case.changes_things() && wanted(case))
        .collect();
    let mut faults = gather(cases, CONCURRENCY, |case| async move {
        let client = case.principal.client(server);
        let mut faults = Vec::new();
        let answer = case.call(&client, case.body(world)).await;
        faults.extend(case.judge(world, &answer));
        if case.operation.has_body && case.expected != Expected::Success {
            // Whoever may not, or names what isn't there, hears that first, however bad the body is.
            let answer = case.call(&client, Some(json!({"no_such_field": true}))).await;
            faults.extend(
                case.judge(world, &answer)
                    .map(|fault| format!("with a bad body: {fault}")),
            );
        }
        faults
    })
    .await;
    faults.extend(run_indistinguishable(world, server, wanted).await);
    faults
}

/// Foreign and absent: the same bytes, in the path and in the body.
async fn run_indistinguishable(
    world: &'static World,
    server: &TestServer,
    wanted: impl Fn(&Case) -> bool,
) -> Vec<String> {
    let absent: Vec<Case> = all_cases(world)
        .into_iter()
        .filter(|case| case.target == Target::Absent && matches!(case.expected, Expected::Refused(404, _)))
        .filter(&wanted)
        .collect();
    let mut faults = gather(absent, CONCURRENCY, |absent| async move {
        let client = absent.principal.client(server);
        let wanted = without_request_id(&absent.call(&client, absent.body(world)).await, absent.id.as_deref());
        let mut faults = Vec::new();
        for target in [Target::Foreign, Target::Platform] {
            let id = id_of(absent.row.names, target, world, absent.principal);
            let case = Case {
                target,
                id,
                ..absent.clone()
            };
            let expected = expected(&case.operation, &case.row, case.principal, target);
            if case.id.is_none() || expected != absent.expected {
                continue;
            }
            let answer = without_request_id(&case.call(&client, case.body(world)).await, case.id.as_deref());
            if answer != wanted {
                faults.push(format!(
                    "{} differs from an absent one:\n{answer}\n---\n{wanted}",
                    case.name()
                ));
            }
        }
        faults
    })
    .await;

    let referring: Vec<Case> = all_cases(world)
        .into_iter()
        .filter(|case| {
            case.target == Target::Own && case.expected == Expected::Success && !case.row.references.is_empty()
        })
        .collect();
    faults.extend(
        gather(referring, CONCURRENCY, |case| async move {
            let client = case.principal.client(server);
            let mut faults = Vec::new();
            for (table, body) in case.row.references {
                let foreign = foreign_reference(table, world, case.principal)
                    .unwrap_or_else(|| panic!("the world has no foreign {table}"));
                let wanted = case.call(&client, Some(body(world, case.principal, ABSENT))).await;
                let answer = case.call(&client, Some(body(world, case.principal, foreign))).await;
                let name = case.name();
                let refused = if case.operation.is_gateway() {
                    (404, "model_not_found")
                } else {
                    (422, "validation_failed")
                };
                if (answer.status, case.code_of(&answer)) != refused {
                    faults.push(format!(
                        "{name}, foreign {table} in the body: {} {}",
                        answer.status, answer.text
                    ));
                }
                if without_request_id(&answer, Some(&foreign.to_string()))
                    != without_request_id(&wanted, Some(&ABSENT.to_string()))
                {
                    faults.push(format!(
                        "{name}: a foreign id in the body differs from an absent one: {}",
                        answer.text
                    ));
                }
            }
            faults
        })
        .await,
    );
    faults
}

#[test]
fn every_operation_has_one_row_and_every_row_an_operation() {
    let operations: HashSet<_> = rows_by_operation()
        .into_iter()
        .map(|(operation, _)| operation.id)
        .collect();
    let mut seen = HashSet::new();
    for row in ROWS {
        assert!(
            operations.contains(row.operation),
            "{} is no operation any more",
            row.operation
        );
        assert!(seen.insert(row.operation), "{} has two rows", row.operation);
    }
    for (operation, row) in rows_by_operation() {
        assert_eq!(
            operation.names_something(),
            !matches!(row.names, Names::Nothing),
            "{}: what does its id name?",
            operation.id
        );
        assert_eq!(
            operation.has_body,
            row.body.is_some(),
            "{}: does it take a body?",
            operation.id
        );
        if operation.method == reqwest::Method::GET {
            assert!(!row.changes, "{}: a GET changes nothing", operation.id);
        }
    }
}

/// Runs each of them twice: as servers usually are, and with pools of one connection each, where nobody can hold one and wait for
/// another.
macro_rules! with_many_connections_and_with_one {
    ($($test:ident),+ $(,)?) => {
        mod with_many_connections {
            use crate::harness::world::POOLS;

            $(#[tokio::test] async fn $test() { super::$test(POOLS).await; })+
        }

        mod with_one_connection {
            use crate::one_connection::ONE_EACH;

            $(#[tokio::test] async fn $test() { super::$test(ONE_EACH).await; })+
        }
    };
}

with_many_connections_and_with_one! {
    refusals_come_in_order_change_nothing_and_show_nothing_of_others,
    workers_have_secrets_of_their_own_and_nobody_elses_will_do,
    the_applications_own_predicates_hold_without_row_level_security,
    whoever_may_change_something_changes_it_and_nothing_of_others,
    what_needs_no_sign_in_answers_everybody_alike,
    bad_bodies_change_nothing_and_no_body_says_whose_a_thing_is,
    a_caller_who_believes_to_be_elsewhere_hears_that_before_anything_else,
    what_can_hurt_asks_for_a_recent_proof_right_after_the_permission,
    an_event_stream_tells_of_the_own_workspace_only,
}

async fn refusals_come_in_order_change_nothing_and_show_nothing_of_others(pools: PoolSizes) {
    let world = World::shared().await;
    let log = CapturedLog::start();
    let server = world.server_with(pools).await;
    let before = of_everything(&server.owner).await;
    let faults = run_shared(world, &server, |case| case.operation.permission != "worker").await;
    assert_nothing_wrong(faults);
    assert_nothing_changed(&before, &of_everything(&server.owner).await);
    server.stop().await;

    // Operators read logs of everybody: texts and secrets of tenants don't belong there at all.
    let log = log.text();
    assert!(log.contains("answered"), "the log was captured");
    let mut secrets: Vec<String> = crate::harness::world::Side::ALL
        .iter()
        .map(|side| side.marker().to_owned())
        .collect();
    secrets.extend(world.principals.iter().filter_map(|principal| principal.token.clone()));
    secrets.push(crate::harness::PASSWORD.to_owned());
    assert_eq!(leak(&log, &secrets), None);
}

async fn workers_have_secrets_of_their_own_and_nobody_elses_will_do(pools: PoolSizes) {
    let world = World::shared().await;
    let server = world.server_for_workers(pools).await;
    let faults = run_shared(world, &server, |case| case.operation.permission == "worker").await;
    assert_nothing_wrong(faults);
    server.stop().await;
}

async fn the_applications_own_predicates_hold_without_row_level_security(pools: PoolSizes) {
    let world = World::shared().await;
    let server = world.server_with(pools).await;
    let tables: Vec<String> =
        sqlx::query_scalar("SELECT oid::regclass::text FROM pg_class WHERE relrowsecurity AND relkind IN ('r', 'p')")
            .fetch_all(&server.owner)
            .await
            .unwrap();
    for table in tables {
        let statement = format!("ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY");
        server.owner.execute(sqlx::AssertSqlSafe(statement)).await.unwrap();
    }
    let before = of_everything(&server.owner).await;
    // Who is refused before any row is looked at is refused with or without it.
    let looks_at_rows = |case: &Case| {
        matches!(
            case.expected,
            Expected::Success | Expected::Refused(404, _) | Expected::Refused(403, READ_ONLY)
        )
    };
    let faults = run_shared(world, &server, looks_at_rows).await;
    assert_nothing_wrong(faults);
    assert_nothing_changed(&before, &of_everything(&server.owner).await);
    server.stop().await;
}

async fn whoever_may_change_something_changes_it_and_nothing_of_others(pools: PoolSizes) {
    let world = World::shared().await;
    let cases = all_cases(world).into_iter();
    let cases = cases.filter(|case| case.changes_things() && case.operation.permission != "public");
    let seen = &AtomicUsize::new(0);
    let faults = gather(cases.collect(), COPIES, |case| async move {
        let options = world.copy().await;
        let server = world.server_on(options.clone(), pools).await;
        arrange(&case, world, &server).await;
        let stranger = world.side(case.principal.stranger());
        let before = of_side(&server.owner, stranger).await;
        let all_before = of_everything(&server.owner).await;
        let answer = case.call(&case.principal.client(&server), case.body(world)).await;
        let mut faults = Vec::from_iter(case.judge(world, &answer));
        if before != of_side(&server.owner, stranger).await {
            faults.push(format!("{} changed something of somebody else", case.name()));
        }
        let all_after = of_everything(&server.owner).await;
        if all_before == all_after {
            faults.push(format!("{} changed nothing", case.name()));
        }
        if all_before["audit_log"] == all_after["audit_log"] && !UNAUDITED.contains(&case.row.operation) {
            faults.push(format!("{} left no entry in the audit log", case.name()));
        }
        let (mails, leaks) = queued_mails(&server.owner, world, case.principal.side).await;
        seen.fetch_add(mails, Ordering::Relaxed);
        faults.extend(leaks.into_iter().map(|leak| format!("{}: {leak}", case.name())));
        server.stop().await;
        discard(options.get_database().unwrap()).await;
        faults
    })
    .await;
    assert_nothing_wrong(faults);
    assert!(seen.load(Ordering::Relaxed) > 0, "no act queued a mail to look into");
}

/// Makes the own row fit for the act.
async fn arrange(case: &Case, world: &World, server: &TestServer) {
    let side = world.side(case.principal.side);
    let colleague = side.people.get(1).copied();
    let statement = case
        .row
        .arrange
        .replace("{id}", case.id.as_deref().unwrap_or_default())
        .replace("{tenant}", &side.tenant.to_string())
        .replace("{colleague}", &colleague.unwrap_or_default().to_string());
    server.owner.execute(sqlx::AssertSqlSafe(statement)).await.unwrap();
}

async fn what_needs_no_sign_in_answers_everybody_alike(pools: PoolSizes) {
    let world = World::shared().await;
    let cases = all_cases(world).into_iter();
    let cases: Vec<Case> = cases
        .filter(|case| case.changes_things() && case.operation.permission == "public")
        .collect();
    let operations: HashSet<String> = cases.iter().map(|case| case.operation.id.clone()).collect();
    let mut faults = Vec::new();
    for operation in operations {
        let server = world.server_with(pools).await;
        // One after the other in one world: who is signed in as whom makes no difference to these.
        for case in cases.iter().filter(|case| case.operation.id == operation) {
            arrange(case, world, &server).await;
            let answer = case.call(&case.principal.client(&server), case.body(world)).await;
            let is_signed_in = case.principal.token.is_some();
            let otherwise = is_signed_in && case.row.otherwise.contains(&answer.status);
            if answer.status != case.row.success && !otherwise {
                faults.push(format!("{}: {} {}", case.name(), answer.status, answer.text));
            }
        }
        // Nobody is signed in: what is queued is for the side whose link, address or account it was.
        let (_, leaks) = queued_mails(&server.owner, world, Side::Alpha).await;
        faults.extend(leaks.into_iter().map(|leak| format!("{operation}: {leak}")));
        server.stop().await;
    }
    assert_nothing_wrong(faults);
}

async fn bad_bodies_change_nothing_and_no_body_says_whose_a_thing_is(pools: PoolSizes) {
    let world = World::shared().await;
    let server = world.server_with(pools).await;
    let before = of_everything(&server.owner).await;
    let cases: Vec<Case> = all_cases(world)
        .into_iter()
        .filter(|case| case.operation.has_body && case.target == Target::Own && case.expected == Expected::Success)
        .filter(|case| case.operation.permission != "public" && !case.operation.is_gateway())
        .collect();
    let server_ref = &server;
    let faults = gather(cases, CONCURRENCY, |case| async move {
        let client = case.principal.client(server_ref);
        let mut faults = Vec::new();
        let mut refuse = async |what: &str, body: Value| {
            let answer = case.call(&client, Some(body)).await;
            if answer.status != 422 {
                faults.push(format!("{}, {what}: {} {}", case.name(), answer.status, answer.text));
            }
        };
        refuse("an unknown field", json!({"no_such_field": true})).await;
        let good = case.body(world).unwrap();
        for field in [
            "tenant",
            "scope",
            "owner_user_id",
            "created_by_user_id",
            "platform_role",
            "id",
        ] {
            let mut body = good.clone();
            body[field] = json!(world.side(case.principal.stranger()).tenant);
            refuse(field, body).await;
        }
        faults
    })
    .await;
    assert_nothing_wrong(faults);
    assert_nothing_changed(&before, &of_everything(&server.owner).await);
    server.stop().await;
}

async fn a_caller_who_believes_to_be_elsewhere_hears_that_before_anything_else(pools: PoolSizes) {
    let world = World::shared().await;
    let server = world.server_with(pools).await;
    let before = of_everything(&server.owner).await;
    let is_exempt = |operation: &Operation| {
        ["public", "worker"].contains(&operation.permission.as_str())
            || operation.path.starts_with("/auth/")
            || ["list_organizations", "switch_organization"].contains(&operation.id.as_str())
    };
    let cases: Vec<Case> = all_cases(world)
        .into_iter()
        .filter(|case| case.principal.role.is_some() && case.target == Target::Own && !is_exempt(&case.operation))
        .collect();
    let server_ref = &server;
    let faults = gather(cases, CONCURRENCY, |case| async move {
        let elsewhere = match case.principal.role {
            Some(WorkspaceRole::Organization(_)) => "personal".to_owned(),
            _ => world.side(case.principal.stranger()).tenant.to_string(),
        };
        let client = case
            .principal
            .client(server_ref)
            .with_header("x-inventiv-workspace", &elsewhere);
        let answer = case.call(&client, case.body(world)).await;
        let moved = Case {
            expected: Expected::Refused(409, "workspace_changed"),
            ..case.clone()
        };
        Vec::from_iter(moved.judge(world, &answer))
    })
    .await;
    assert_nothing_wrong(faults);
    assert_nothing_changed(&before, &of_everything(&server.owner).await);
    server.stop().await;
}

async fn what_can_hurt_asks_for_a_recent_proof_right_after_the_permission(pools: PoolSizes) {
    let world = World::shared().await;
    let server = world.server_with(pools).await;
    server
        .owner
        .execute("UPDATE user_sessions SET authenticated_at = now() - interval '1 day'")
        .await
        .unwrap();
    let before = of_everything(&server.owner).await;
    let marked: HashSet<String> = document::operations()
        .into_iter()
        .filter(|operation| operation.needs_recent_proof)
        .map(|operation| operation.id)
        .collect();
    for id in [
        "transfer_ownership",
        "create_api_key",
        "revoke_api_key",
        "update_user",
        "delete_organization",
        "start_totp",
        "delete_passkey",
    ] {
        assert!(marked.contains(id), "{id} is not marked");
    }
    let cases: Vec<Case> = all_cases(world)
        .into_iter()
        .filter(|case| {
            case.principal.role.is_some() && !["public", "worker"].contains(&case.operation.permission.as_str())
        })
        // The others may do what they always may; only those that change nothing share this world.
        .filter(|case| case.operation.needs_recent_proof || !case.changes_things())
        .collect();
    let server_ref = &server;
    let faults = gather(cases, CONCURRENCY, |case| async move {
        let refused_anyway = matches!(
            case.expected,
            Expected::Refused(403, "forbidden" | "organization_required")
        );
        let expected = match case.operation.needs_recent_proof && !refused_anyway {
            true => Expected::Refused(403, "reauthentication_required"),
            false => case.expected,
        };
        let case = Case { expected, ..case };
        let client = case.principal.client(server_ref);
        let answer = case.call(&client, case.body(world)).await;
        Vec::from_iter(case.judge(world, &answer))
    })
    .await;
    assert_nothing_wrong(faults);
    assert_nothing_changed(&before, &of_everything(&server.owner).await);
    server.stop().await;
}

async fn an_event_stream_tells_of_the_own_workspace_only(pools: PoolSizes) {
    let world = World::shared().await;
    let server = world.server_with(pools).await;
    let listeners = ["owner", "personal", "platform admin"].map(|name| world.principal(name));
    let mut streams = Vec::new();
    for principal in listeners {
        let request = principal
            .client(&server)
            .request(reqwest::Method::GET, "/events/stream");
        streams.push((principal, request.send().await.unwrap(), String::new()));
    }
    let make_key = async |principal: &Principal| {
        let body = json!({"name": "A new one"});
        let key = principal.client(&server).post("/api_keys", body).await.expect(201);
        key.json["id"].as_str().unwrap().to_owned()
    };
    // News come in the order of the commits: who hears of the own key has heard, or not heard, of the stranger's.
    let foreign = make_key(world.principal("other owner")).await;
    for (principal, stream, told) in &mut streams {
        let own = make_key(principal).await;
        while !told.contains(&own) {
            let deadline = std::time::Duration::from_secs(30);
            let chunk = tokio::time::timeout(deadline, stream.chunk()).await.unwrap().unwrap();
            told.push_str(std::str::from_utf8(&chunk.unwrap()).unwrap());
        }
        assert!(
            !told.contains(&foreign),
            "{} heard of another workspace: {told}",
            principal.name
        );
        assert_eq!(leak(told, &world.secrets_from(principal)), None, "{}", principal.name);
    }
    drop(streams);
    server.stop().await;
}

/// Names the tables, not all the hashes.
#[track_caller]
fn assert_nothing_changed(before: &BTreeMap<String, String>, after: &BTreeMap<String, String>) {
    let changed: Vec<_> = before
        .iter()
        .filter(|(table, hash)| after.get(*table) != Some(*hash))
        .collect();
    assert!(
        changed.is_empty() && before.len() == after.len(),
        "something changed: {changed:?}"
    );
}
