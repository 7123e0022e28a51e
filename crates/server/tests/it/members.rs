//! Roles, removals, leaving, transfers: who may, what follows at once, and what never happens whatever is tried together.

use std::time::Instant;

use inventiv_server::permissions::{Role, may_delegate};
use inventiv_server::plumbing::db::PoolSizes;
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::Executor as _;
use uuid::Uuid;

use crate::harness::{Answer, Client, Person, TestServer};

fn path(person: &Person) -> String {
    format!("/organizations/current/members/{}", person.id)
}

async fn assign(client: &Client, person: &Person, role: Role) -> Answer {
    client.put(&path(person), json!({"role": role})).await
}

async fn role_of(server: &TestServer, organization: Uuid, person: Uuid) -> Option<String> {
    sqlx::query_scalar("SELECT role FROM organization_memberships WHERE organization_id = $1 AND user_id = $2")
        .bind(organization)
        .bind(person)
        .fetch_optional(&server.owner)
        .await
        .unwrap()
}

async fn set_role(server: &TestServer, person: Uuid, role: Role) {
    sqlx::query("UPDATE organization_memberships SET role = $2 WHERE user_id = $1")
        .bind(person)
        .bind(role.as_str())
        .execute(&server.owner)
        .await
        .unwrap();
}

async fn owners(server: &TestServer, organization: Uuid) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM organization_memberships WHERE organization_id = $1 AND role = 'owner'")
        .bind(organization)
        .fetch_one(&server.owner)
        .await
        .unwrap()
}

/// The last entry of a chain: action, before, after.
async fn last_entry(server: &TestServer, chain: Uuid) -> (String, Option<Value>, Option<Value>) {
    sqlx::query_as("SELECT action, before, after FROM audit_log WHERE tenant = $1 ORDER BY sequence DESC LIMIT 1")
        .bind(chain)
        .fetch_one(&server.owner)
        .await
        .unwrap()
}

/// One organization with a founder, who stays an owner, and a member in every role.
struct Staff {
    server: TestServer,
    organization: Uuid,
    members: Vec<(Role, Person)>,
}

impl Staff {
    async fn start() -> Self {
        let server = TestServer::start().await;
        let mut founder = server.person("founder").await;
        let organization = server.organization(&mut founder, "Acme").await;
        let mut members = Vec::new();
        for role in Role::ALL {
            members.push((role, server.member(organization, role.as_str(), role).await));
        }
        Self {
            server,
            organization,
            members,
        }
    }

    fn with(&self, role: Role) -> &Person {
        &self.members.iter().find(|(held, _)| *held == role).unwrap().1
    }
}

#[tokio::test]
async fn every_change_of_a_role_is_allowed_exactly_within_the_actors_reach() {
    let staff = Staff::start().await;
    let target = staff.server.member(staff.organization, "target", Role::User).await;
    for (actor, person) in &staff.members {
        for from in Role::ALL {
            for to in Role::ALL {
                set_role(&staff.server, target.id, from).await;
                let answer = assign(&person.client, &target, to).await;
                let case = format!("{actor:?} makes {from:?} {to:?}: {}", answer.text);
                if *actor == Role::User {
                    assert_eq!((answer.status, answer.code()), (403, "forbidden"), "{case}");
                } else if may_delegate(*actor, Some(from), Some(to)) {
                    assert_eq!(
                        (answer.status, answer.json["role"].as_str()),
                        (200, Some(to.as_str())),
                        "{case}"
                    );
                } else {
                    assert_eq!((answer.status, answer.code()), (403, "delegation"), "{case}");
                    assert_eq!(answer.json["permission"], "member.assign_role", "{case}");
                }
                let expected = if answer.status == 200 { to } else { from };
                let held = role_of(&staff.server, staff.organization, target.id).await;
                assert_eq!(held.as_deref(), Some(expected.as_str()), "{case}");
            }
        }
    }
}

fn roles(value: &Value) -> Vec<Role> {
    value
        .as_array()
        .unwrap()
        .iter()
        .map(|role| Role::parse(role.as_str().unwrap()).unwrap())
        .collect()
}

#[tokio::test]
async fn whoever_enters_an_organization_was_seen_there() {
    let server = TestServer::start().await;
    let mut owner = server.person("owner").await;
    let organization = server.organization(&mut owner, "Acme").await;
    let bob = server.member(organization, "bob", Role::User).await;
    let seen = async || {
        let members = owner
            .client
            .get("/organizations/current/members")
            .await
            .expect(200)
            .json;
        let bob = members["items"]
            .as_array()
            .unwrap()
            .iter()
            .find(|member| member["user_id"] == json!(bob.id));
        bob.unwrap()["last_seen_at"].clone()
    };
    let first = seen().await;
    assert!(first.is_string());
    bob.client.switch_to(None).await;
    server.program.core.clock.advance(chrono::Duration::minutes(2));
    let elsewhere = server.sign_in("bob").await;
    assert_eq!(seen().await, first, "whoever was last in Personal comes back to it");
    elsewhere.switch_to(Some(organization)).await;
    let entered = seen().await;
    assert_ne!(entered, first);
    server.program.core.clock.advance(chrono::Duration::minutes(2));
    server.sign_in("bob").await;
    assert_ne!(seen().await, entered, "signing in leads back to the organization");
}

#[tokio::test]
async fn what_is_offered_is_what_would_be_allowed() {
    let staff = Staff::start().await;
    let target = staff.server.member(staff.organization, "target", Role::User).await;
    for (actor, person) in &staff.members {
        let own = person.client.get("/organizations/current").await.expect(200);
        let invited = roles(&own.json["assignable_roles"]);
        for to in Role::ALL {
            let email = format!("{}-{}@example.test", actor.as_str(), to.as_str());
            let body = json!({"email": email, "role": to});
            let answer = person.client.post("/organizations/current/invitations", body).await;
            assert_eq!(
                invited.contains(&to),
                answer.status == 201,
                "{actor:?} invites as {to:?}: {}",
                answer.text
            );
        }
        for from in Role::ALL {
            set_role(&staff.server, target.id, from).await;
            let listed = person
                .client
                .get("/organizations/current/members?q=target")
                .await
                .expect(200);
            let offered = roles(&listed.json["items"][0]["assignable_roles"]);
            let users = person.client.get("/users?q=target").await.expect(200);
            let as_user = roles(&users.json["items"][0]["assignable_roles"]);
            // Accounts are administered by those who may, whatever their reach.
            let administers = matches!(actor, Role::Admin | Role::Owner);
            assert_eq!(as_user, if administers { offered.clone() } else { Vec::new() });
            for to in Role::ALL {
                set_role(&staff.server, target.id, from).await;
                let answer = assign(&person.client, &target, to).await;
                let allowed = answer.status == 200;
                assert_eq!(
                    offered.contains(&to),
                    allowed,
                    "{actor:?} makes {from:?} {to:?}: {}",
                    answer.text
                );
                if allowed {
                    let after = roles(&answer.json["assignable_roles"]);
                    assert!(after.contains(&from), "what one may do one may undo: {after:?}");
                }
            }
        }
    }
    // Who gives the own role away is offered what is left.
    let admin = staff.with(Role::Admin);
    let answer = assign(&admin.client, admin, Role::User).await.expect(200);
    assert_eq!(answer.json["assignable_roles"], json!([]));
}

#[tokio::test]
async fn every_removal_is_allowed_exactly_within_the_actors_reach() {
    let staff = Staff::start().await;
    for (actor, person) in &staff.members {
        for from in Role::ALL {
            let name = format!("{}-of-{}", from.as_str(), actor.as_str());
            let target = staff.server.member(staff.organization, &name, from).await;
            let answer = person.client.delete(&path(&target)).await;
            let allowed = may_delegate(*actor, Some(from), None);
            let case = format!("{actor:?} removes {from:?}: {}", answer.text);
            assert_eq!(answer.status, if allowed { 204 } else { 403 }, "{case}");
            let left = role_of(&staff.server, staff.organization, target.id).await;
            assert_eq!(left.is_none(), allowed, "{case}");
        }
    }
}

#[tokio::test]
async fn a_refusal_says_who_could_do_it() {
    let staff = Staff::start().await;
    let answer = assign(&staff.with(Role::Manager).client, staff.with(Role::User), Role::Admin)
        .await
        .expect(403);
    let detail = answer.json["detail"].as_str().unwrap();
    assert!(
        detail.contains("user or manager") && detail.contains("admin or owner"),
        "{detail}"
    );
}

#[tokio::test]
async fn nobody_climbs_by_going_through_somebody_else() {
    let staff = Staff::start().await;
    let [user, manager, admin, owner] =
        [Role::User, Role::Manager, Role::Admin, Role::Owner].map(|role| staff.with(role));
    for (person, role) in [
        (manager, Role::Admin),
        (manager, Role::Owner),
        (admin, Role::Owner),
        (admin, Role::Manager),
    ] {
        assert_eq!(
            assign(&person.client, person, role).await.expect(403).code(),
            "delegation"
        );
    }
    // An admin makes a user an admin; the new one reaches no further than the first.
    assign(&admin.client, user, Role::Admin).await.expect(200);
    assert_eq!(
        assign(&user.client, admin, Role::Owner).await.expect(403).code(),
        "delegation"
    );
    assert_eq!(
        assign(&user.client, manager, Role::User).await.expect(403).code(),
        "delegation"
    );
    assert_eq!(user.client.delete(&path(owner)).await.expect(403).code(), "delegation");
    // Two steps: who stepped down cannot step up again.
    assign(&admin.client, admin, Role::User).await.expect(200);
    assert_eq!(
        assign(&admin.client, admin, Role::Admin).await.expect(403).code(),
        "forbidden"
    );
    assert_eq!(
        manager.client.delete(&path(user)).await.expect(403).code(),
        "delegation"
    );
}

#[tokio::test]
async fn somebody_else_is_as_unknown_as_nobody_and_the_body_is_read_last() {
    let staff = Staff::start().await;
    let mut stranger = staff.server.person("stranger").await;
    staff.server.organization(&mut stranger, "Other").await;
    let owner = &staff.with(Role::Owner).client;
    let foreign = assign(owner, &stranger, Role::User).await.expect(404);
    let nobody = owner
        .put(
            &format!("/organizations/current/members/{}", inventiv_server::ids::new_id()),
            json!({"role": "user"}),
        )
        .await
        .expect(404);
    assert_eq!(foreign.without_request_id(), nobody.without_request_id());
    owner.delete(&path(&stranger)).await.expect(404);
    owner.delete("/organizations/current/members/me").await.expect(404);
    owner.put(&path(&stranger), json!({"role": "king"})).await.expect(404);
    let manager = &staff.with(Role::Manager).client;
    manager
        .put(&path(staff.with(Role::Owner)), json!({"role": "king"}))
        .await
        .expect(403);
    let answer = manager
        .put(&path(staff.with(Role::User)), json!({"role": "king"}))
        .await
        .expect(422);
    assert_eq!(answer.json["errors"][0]["field"], "role");
    let personal = staff.server.sign_in("owner").await;
    let code = assign(&personal, staff.with(Role::User), Role::Admin).await.expect(403);
    assert_eq!(code.code(), "organization_required");
}

#[tokio::test]
async fn the_last_owner_stays_and_is_told_the_way_out() {
    let server = TestServer::start().await;
    let mut alice = server.person("alice").await;
    let organization = server.organization(&mut alice, "Acme").await;
    let bob = server.member(organization, "bob", Role::User).await;
    let attempts = [
        (Method::PUT, path(&alice), Some(json!({"role": "admin"}))),
        (Method::DELETE, path(&alice), None),
        (Method::POST, "/organizations/current/leave".to_owned(), None),
    ];
    for (method, path, body) in attempts {
        let answer = alice.client.send(method, &path, body).await.expect(409);
        assert_eq!(answer.code(), "last_owner");
        let detail = answer.json["detail"].as_str().unwrap();
        assert!(detail.contains("transfer") && detail.contains("delete"), "{detail}");
    }
    // Nothing moved with the refused attempts.
    alice.client.get("/organizations/current").await.expect(200);
    let transfer = json!({"user_id": bob.id});
    let answer = alice
        .client
        .post("/organizations/current/transfer_ownership", transfer)
        .await
        .expect(200);
    assert_eq!(answer.json["new_owner"]["user_id"], json!(bob.id));
    assert_eq!(answer.json["new_owner"]["role"], "owner");
    assert_eq!(answer.json["previous_owner"]["role"], "admin");
    alice
        .client
        .post("/organizations/current/leave", json!({}))
        .await
        .expect(200);
    assert_eq!(owners(&server, organization).await, 1);
}

#[tokio::test]
async fn only_an_owner_transfers_and_only_to_another_member() {
    let staff = Staff::start().await;
    let stranger = staff.server.person("stranger").await;
    let transfer = |id: Uuid| json!({"user_id": id, "keep_role": "user"});
    let user = staff.with(Role::User);
    for role in [Role::Manager, Role::Admin] {
        let client = &staff.with(role).client;
        let answer = client
            .post("/organizations/current/transfer_ownership", transfer(user.id))
            .await
            .expect(403);
        assert_eq!(answer.code(), "delegation");
    }
    let owner = staff.with(Role::Owner);
    for id in [stranger.id, owner.id, inventiv_server::ids::new_id()] {
        let answer = owner
            .client
            .post("/organizations/current/transfer_ownership", transfer(id))
            .await
            .expect(422);
        assert_eq!(answer.json["errors"][0]["field"], "user_id");
    }
    owner
        .client
        .post("/organizations/current/transfer_ownership", transfer(user.id))
        .await
        .expect(200);
    assert_eq!(
        role_of(&staff.server, staff.organization, owner.id).await.as_deref(),
        Some("user")
    );
    let (action, before, after) = last_entry(&staff.server, staff.organization).await;
    assert_eq!(action, "member.assign_role");
    assert_eq!(
        (before, after),
        (Some(json!({"role": "owner"})), Some(json!({"role": "user"})))
    );
}

/// Measured, never judged: what is asserted is the order.
#[expect(clippy::print_stderr, reason = "the report of a measured delay")]
fn report_delay(what: &str, answered: Instant) {
    eprintln!(
        "{what} was in force on the other server {:?} after its answer",
        answered.elapsed()
    );
}

/// A second server on the same database, which accepts the same sessions.
async fn replicas() -> (TestServer, TestServer) {
    let secret = inventiv_server::secrets::MasterSecret::generate().to_text();
    let first = TestServer::start_with(|config| config.master_secret = Some(secret.clone())).await;
    let options = (*first.owner.connect_options()).clone();
    let second = TestServer::start_on(options, PoolSizes { app: 4, system: 3 }, |config| {
        config.master_secret = Some(secret.clone());
    })
    .await;
    (first, second)
}

#[tokio::test]
async fn a_role_works_on_every_server_from_the_answer_on_in_all_sessions_of_the_member() {
    let (first, second) = replicas().await;
    let mut alice = first.person("alice").await;
    let organization = first.organization(&mut alice, "Acme").await;
    let bob = first.member(organization, "bob", Role::Admin).await;
    let other_session = first.sign_in("bob").await.switch_to(Some(organization)).await;
    let on_second = |client: &Client| second.anonymous().with_token(client.token());
    on_second(&bob.client)
        .patch("/organizations/current", json!({"name": "Acme 2"}))
        .await
        .expect(200);
    assign(&alice.client, &bob, Role::User).await.expect(200);
    let answered = Instant::now();
    for session in [&bob.client, &other_session] {
        let refused = on_second(session)
            .patch("/organizations/current", json!({"name": "Acme 3"}))
            .await
            .expect(403);
        assert_eq!(refused.code(), "forbidden");
        let me = on_second(session).get("/auth/me").await.expect(200);
        assert_eq!(me.json["current_organization_role"], "user");
    }
    report_delay("the demotion", answered);
    let shown: Vec<String> = sqlx::query_scalar(
        "SELECT organization_role FROM user_sessions WHERE user_id = $1 AND organization_role IS NOT NULL",
    )
    .bind(bob.id)
    .fetch_all(&first.owner)
    .await
    .unwrap();
    assert_eq!(shown, ["user", "user"]);
}

#[tokio::test]
async fn a_removed_members_sessions_go_on_in_personal_once_they_know() {
    let (first, second) = replicas().await;
    let mut alice = first.person("alice").await;
    let organization = first.organization(&mut alice, "Acme").await;
    let bob = first.member(organization, "bob", Role::Admin).await;
    let in_personal = first.sign_in("bob").await;
    let login = json!({"login": "bob", "password": crate::harness::PASSWORD});
    let cookie_of = |answer: &Answer| {
        answer.headers["set-cookie"]
            .to_str()
            .unwrap()
            .split(';')
            .next()
            .unwrap()
            .to_owned()
    };
    let signed_in = second.anonymous().post("/auth/login", login).await.expect(200);
    let browser = second.anonymous().with_header("cookie", &cookie_of(&signed_in));
    let switched = browser
        .put("/organizations/current", json!({"organization_id": organization}))
        .await
        .expect(200);
    let browser = second.anonymous().with_header("cookie", &cookie_of(&switched));
    browser.get("/organizations/current").await.expect(200);

    alice.client.delete(&path(&bob)).await.expect(204);
    let answered = Instant::now();
    let program = second.anonymous().with_token(bob.client.token());
    for path in ["/auth/me", "/organizations/current", "/organizations"] {
        assert_eq!(
            program.get(path).await.expect(409).code(),
            "workspace_changed",
            "{path}"
        );
    }
    assert_eq!(
        program
            .post("/organizations", json!({"name": "Mine"}))
            .await
            .expect(409)
            .code(),
        "workspace_changed"
    );
    report_delay("the removal", answered);
    // A program fetches the next token, a browser has it with the refusal; the old ones stay refused.
    let renewed = program.post("/auth/refresh", json!({})).await.expect(200);
    let renewed = program.with_token(renewed.json["token"].as_str().unwrap());
    assert!(renewed.get("/auth/me").await.expect(200).json["current_organization_id"].is_null());
    renewed.get("/organizations/current").await.expect(403);
    // Once more for a minute, as the answer may have been lost on its way.
    program.post("/auth/refresh", json!({})).await.expect(200);
    second.program.core.clock.advance(chrono::Duration::seconds(61));
    program.post("/auth/refresh", json!({})).await.expect(409);
    let told = browser.get("/auth/me").await.expect(409);
    let browser_again = second.anonymous().with_header("cookie", &cookie_of(&told));
    assert!(browser_again.get("/auth/me").await.expect(200).json["current_organization_id"].is_null());
    assert_eq!(browser.get("/auth/me").await.expect(409).code(), "workspace_changed");
    // Who was elsewhere is not disturbed, and does not get back in.
    in_personal.get("/auth/me").await.expect(200);
    let back = in_personal
        .put("/organizations/current", json!({"organization_id": organization}))
        .await
        .expect(422);
    assert_eq!(back.json["errors"][0]["field"], "organization_id");
    let (action, before, after) = last_entry(&first, organization).await;
    assert_eq!(
        (action.as_str(), before),
        ("member.remove", Some(json!({"role": "admin"})))
    );
    assert_eq!(after.unwrap()["sessions_moved"], 2);
}

#[tokio::test]
async fn leaving_moves_this_session_with_a_new_token_and_the_others_too() {
    let server = TestServer::start().await;
    let mut alice = server.person("alice").await;
    let organization = server.organization(&mut alice, "Acme").await;
    let bob = server.member(organization, "bob", Role::User).await;
    let other = server.sign_in("bob").await.switch_to(Some(organization)).await;
    let answer = bob
        .client
        .post("/organizations/current/leave", json!({}))
        .await
        .expect(200);
    assert!(answer.json["current_organization_id"].is_null());
    let moved = bob.client.with_token(answer.json["token"].as_str().unwrap());
    moved.get("/auth/me").await.expect(200);
    assert_eq!(moved.get("/organizations").await.expect(200).json["items"], json!([]));
    for old in [&bob.client, &other] {
        assert_eq!(old.get("/auth/me").await.expect(409).code(), "workspace_changed");
    }
    assert_eq!(last_entry(&server, organization).await.0, "member.leave");
}

#[tokio::test]
async fn keys_bound_to_the_membership_end_with_it_and_the_organizations_own_stay() {
    let server = TestServer::start().await;
    let mut alice = server.person("alice").await;
    let organization = server.organization(&mut alice, "Acme").await;
    let bob = server.member(organization, "bob", Role::User).await;
    server
        .owner
        .execute("UPDATE organizations SET members_can_create_keys = true")
        .await
        .unwrap();
    let create = |name: &str| json!({"name": name});
    bob.client.post("/api_keys", create("bound")).await.expect(201);
    set_role(&server, bob.id, Role::Admin).await;
    bob.client.post("/api_keys", create("free")).await.expect(201);
    server
        .sign_in("bob")
        .await
        .post("/api_keys", create("personal"))
        .await
        .expect(201);
    alice.client.delete(&path(&bob)).await.expect(204);
    let revoked: Vec<String> = sqlx::query_scalar("SELECT name FROM api_keys WHERE revoked_at IS NOT NULL")
        .fetch_all(&server.owner)
        .await
        .unwrap();
    assert_eq!(revoked, ["bound"]);
}

/// Two requests at the same moment.
async fn at_once(first: impl Future<Output = Answer>, second: impl Future<Output = Answer>) -> [Answer; 2] {
    let (first, second) = tokio::join!(first, second);
    [first, second]
}

#[tokio::test]
async fn whatever_two_owners_do_to_each_other_at_once_one_owner_is_left() {
    let server = TestServer::start().await;
    let mut alice = server.person("alice").await;
    let leave = "/organizations/current/leave";
    for round in 0..12 {
        alice.client = server.sign_in("alice").await;
        let organization = server.organization(&mut alice, &format!("Acme {round}")).await;
        let bob = server.member(organization, &format!("bob{round}"), Role::Owner).await;
        let (a, b) = (&alice.client, &bob.client);
        let answers = match round % 4 {
            0 => at_once(assign(a, &bob, Role::User), assign(b, &alice, Role::User)).await,
            1 => at_once(a.post(leave, json!({})), b.post(leave, json!({}))).await,
            2 => at_once(a.delete(&path(&bob)), assign(b, &alice, Role::Admin)).await,
            _ => at_once(a.delete(&path(&bob)), b.post(leave, json!({}))).await,
        };
        assert_eq!(owners(&server, organization).await, 1, "{answers:?}");
        let succeeded = answers.iter().filter(|answer| answer.status < 300).count();
        assert_eq!(succeeded, 1, "round {round}: {answers:?}");
        for answer in &answers {
            assert!(
                [200, 204, 403, 404, 409].contains(&answer.status),
                "round {round}: {answer:?}"
            );
        }
    }
}

#[tokio::test]
async fn many_changes_at_once_neither_deadlock_nor_orphan() {
    let server = TestServer::start().await;
    let mut alice = server.person("alice").await;
    let organization = server.organization(&mut alice, "Acme").await;
    let bob = server.member(organization, "bob", Role::Owner).await;
    let carol = server.member(organization, "carol", Role::Admin).await;
    let mut tasks = tokio::task::JoinSet::new();
    for person in [&alice, &bob, &carol] {
        for writer in 0..2 {
            let (client, targets) = (person.client.clone(), [alice.clone(), bob.clone(), carol.clone()]);
            tasks.spawn(async move {
                for number in 0..12 {
                    let target = &targets[(number + writer) % 3];
                    let role = Role::ALL[(number * 7 + writer) % 4];
                    let answer = if number % 3 == 0 {
                        client
                            .patch("/organizations/current", json!({"name": format!("Acme {number}")}))
                            .await
                    } else {
                        assign(&client, target, role).await
                    };
                    assert!([200, 403, 409].contains(&answer.status), "{}", answer.text);
                }
            });
        }
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    assert!(owners(&server, organization).await >= 1);
    server.assert_audit_log_is_intact().await;
}

#[tokio::test]
async fn whoever_switches_all_the_time_fends_nothing_off() {
    let server = TestServer::start().await;
    let root = server.platform_admin("root").await;
    let mut owner = server.person("owner").await;
    let organization = server.organization(&mut owner, "Acme").await;
    let bob = server.member(organization, "bob", Role::User).await;
    let mut switching = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let mut session = server.sign_in("bob").await;
        switching.spawn(async move {
            for turn in 0..30 {
                let target = (turn % 2 == 0).then_some(organization);
                let answer = session
                    .put("/organizations/current", json!({"organization_id": target}))
                    .await;
                assert!([200, 401, 409, 422].contains(&answer.status), "{}", answer.text);
                let Some(token) = answer.json["token"].as_str() else {
                    break;
                };
                session = session.with_token(token);
            }
        });
    }
    let path = format!("/users/{}", bob.id);
    for round in 0..6 {
        let role = [Role::Manager, Role::User][round % 2];
        assign(&owner.client, &bob, role).await.expect(200);
        let body = json!({"username": format!("bob-{round}")});
        root.client.put(&path, body).await.expect(200);
    }
    let member = format!("/organizations/current/members/{}", bob.id);
    owner.client.delete(&member).await.expect(204);
    while let Some(done) = switching.join_next().await {
        done.unwrap();
    }
}
