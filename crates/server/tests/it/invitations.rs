//! Inviting people by mail, and joining.

use chrono::Duration;
use inventiv_server::permissions::Role;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{Answer, Client, Fault, PASSWORD, Person, SmtpSink, TestServer, eventually};

const INVITATIONS: &str = "/organizations/current/invitations";
const NEW_PASSWORD: &str = "violet umbrellas on mondays";

struct Scene {
    server: TestServer,
    sink: SmtpSink,
    owner: Person,
    organization: Uuid,
}

async fn scene() -> Scene {
    let sink = SmtpSink::start().await;
    let directory = tempfile::tempdir().unwrap();
    let server = TestServer::start_with(|config| sink.configure(config, directory.path())).await;
    let mut owner = server.person("olivia").await;
    let organization = server.organization(&mut owner, "Acme & Söhne").await;
    Scene {
        server,
        sink,
        owner,
        organization,
    }
}

impl Scene {
    /// Invites as the owner and reads the link's token from the mail.
    async fn invite(&self, email: &str, role: &str) -> (String, String) {
        self.invite_as(&self.owner.client, email, role).await
    }

    async fn invite_as(&self, client: &Client, email: &str, role: &str) -> (String, String) {
        let address = email.to_lowercase();
        let before = self
            .sink
            .received()
            .iter()
            .filter(|mail| mail.recipient == address)
            .count();
        let invitation = client
            .post(INVITATIONS, json!({"email": email, "role": role}))
            .await
            .expect(201);
        assert!(
            invitation.json.get("link").is_none(),
            "the mail carries the link: {}",
            invitation.text
        );
        let token = self.sink.mail_to(&address, before + 1).await.token();
        (invitation.json["id"].as_str().unwrap().to_owned(), token)
    }

    async fn look(&self, token: &str) -> Answer {
        self.server
            .anonymous()
            .get(&format!("/organizations/invitations/{token}"))
            .await
    }

    async fn accept(&self, client: &Client, token: &str, body: Value) -> Answer {
        client
            .post(&format!("/organizations/invitations/{token}/accept"), body)
            .await
    }

    async fn role_of(&self, person: Uuid) -> Option<String> {
        sqlx::query_scalar("SELECT role FROM organization_memberships WHERE organization_id = $1 AND user_id = $2")
            .bind(self.organization)
            .bind(person)
            .fetch_optional(&self.server.owner)
            .await
            .unwrap()
    }

    async fn set_role(&self, person: Uuid, role: &str) {
        let path = format!("/organizations/current/members/{person}");
        self.owner.client.put(&path, json!({"role": role})).await.expect(200);
    }

    async fn listed(&self, status: &str) -> Vec<String> {
        let page = self
            .owner
            .client
            .get(&format!("{INVITATIONS}?status={status}"))
            .await
            .expect(200);
        let items = page.json["items"].as_array().unwrap();
        items
            .iter()
            .map(|item| item["email"].as_str().unwrap().to_owned())
            .collect()
    }

    async fn acts(&self, action: &str) -> Vec<(String, Option<Uuid>)> {
        sqlx::query_as("SELECT actor_kind, actor_id FROM audit_log WHERE tenant = $1 AND action = $2 ORDER BY sequence")
            .bind(self.organization)
            .bind(action)
            .fetch_all(&self.server.owner)
            .await
            .unwrap()
    }
}

fn fields(username: &str) -> Value {
    json!({"username": username, "first_name": "Nina", "last_name": "New", "password": NEW_PASSWORD, "locale": "fr"})
}

#[tokio::test]
async fn somebody_signed_in_accepts_and_stays_where_they_are() {
    let scene = scene().await;
    let bob = scene.server.person("bob").await;
    let (id, token) = scene.invite(&bob.email, "manager").await;
    let accepted = scene.accept(&bob.client, &token, json!({})).await.expect(200);
    assert_eq!(
        (
            &accepted.json["role"],
            &accepted.json["account_created"],
            &accepted.json["already_member"]
        ),
        (&json!("manager"), &json!(false), &json!(false))
    );
    assert!(accepted.headers.get("set-cookie").is_none());
    let me = bob.client.get("/auth/me").await.expect(200);
    assert!(
        me.json["current_organization_id"].is_null(),
        "accepting switches no workspace"
    );
    let there = bob.client.switch_to(Some(scene.organization)).await;
    let role = there.get("/organizations/current/role").await.expect(200);
    assert_eq!(role.json["role"], "manager");
    assert_eq!(
        scene.acts("invitation.create").await,
        [("user".to_owned(), Some(scene.owner.id))]
    );
    assert_eq!(
        scene.acts("invitation.accept").await,
        [("user".to_owned(), Some(bob.id))]
    );
    let page = scene.owner.client.get(INVITATIONS).await.expect(200);
    assert_eq!(
        (&page.json["items"][0]["id"], &page.json["items"][0]["status"]),
        (&json!(id), &json!("accepted"))
    );
}

#[tokio::test]
async fn somebody_with_an_account_has_to_sign_in_first() {
    let scene = scene().await;
    let bob = scene.server.person("bob").await;
    let (_, token) = scene.invite(&bob.email, "user").await;
    let page = scene.look(&token).await.expect(200);
    assert_eq!(page.json["account_exists"], true);
    let anonymous = scene.server.anonymous();
    let refused = scene.accept(&anonymous, &token, fields("bobby")).await.expect(401);
    assert_eq!(refused.code(), "sign_in_required");
    let stale = anonymous.with_header("cookie", "inventiv_session=ended");
    assert_eq!(
        scene.accept(&stale, &token, json!({})).await.expect(401).code(),
        "sign_in_required"
    );
    assert_eq!(scene.role_of(bob.id).await, None);
    let signed_in = scene.server.sign_in("bob").await;
    scene.accept(&signed_in, &token, json!({})).await.expect(200);
}

#[tokio::test]
async fn somebody_without_an_account_makes_one_whose_address_counts_as_confirmed() {
    let scene = scene().await;
    let (_, token) = scene.invite("nina@example.test", "admin").await;
    let page = scene.look(&token).await.expect(200);
    for (field, value) in [
        ("status", json!("pending")),
        ("organization_name", json!("Acme & Söhne")),
        ("organization_slug", json!("acme-sohne")),
        ("role", json!("admin")),
        ("invited_by_name", json!("olivia Test")),
        ("email", json!("nina@example.test")),
        ("account_exists", json!(false)),
        ("locale", json!("en")),
    ] {
        assert_eq!(page.json[field], value, "{field}");
    }
    assert!(page.json["organization_color"].as_str().unwrap().starts_with('#'));

    let anonymous = scene.server.anonymous();
    let missing = scene.accept(&anonymous, &token, json!({})).await.expect(422);
    let named: Vec<_> = missing.json["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["field"].clone())
        .collect();
    assert_eq!(named, [json!("username"), json!("password")]);
    let mut weak = fields("nina");
    weak["password"] = json!("nina-example");
    assert_eq!(
        scene.accept(&anonymous, &token, weak).await.expect(422).json["errors"][0]["code"],
        "own_name"
    );
    let mut extra = fields("nina");
    extra["email"] = json!("mallory@example.test");
    assert_eq!(
        scene.accept(&anonymous, &token, extra).await.expect(422).json["errors"][0]["code"],
        "unknown_field"
    );
    let taken = scene.accept(&anonymous, &token, fields("olivia")).await.expect(422);
    assert_eq!(taken.json["errors"][0]["field"], "username");

    let accepted = scene.accept(&anonymous, &token, fields("Nina")).await.expect(200);
    assert_eq!(accepted.json["account_created"], true);
    assert!(accepted.headers.get("set-cookie").is_none() && accepted.json.get("token").is_none());
    let login = json!({"login": "nina@example.test", "password": NEW_PASSWORD, "transport": "bearer"});
    let me = anonymous.post("/auth/login", login).await.expect(200);
    assert_eq!(
        (&me.json["username"], &me.json["locale"], &me.json["first_name"]),
        (&json!("nina"), &json!("fr"), &json!("Nina"))
    );
    let nina: Uuid = me.json["id"].as_str().unwrap().parse().unwrap();
    assert_eq!(scene.role_of(nina).await.as_deref(), Some("admin"));
    let verified: bool = sqlx::query_scalar("SELECT email_verified_at IS NOT NULL FROM users WHERE id = $1")
        .bind(nina)
        .fetch_one(&scene.server.owner)
        .await
        .unwrap();
    assert!(verified);
    assert_eq!(scene.acts("invitation.accept").await, [("user".to_owned(), Some(nina))]);
    assert_eq!(
        scene
            .accept(&anonymous, &token, fields("nina2"))
            .await
            .expect(409)
            .code(),
        "invitation_used"
    );
}

#[tokio::test]
async fn addresses_are_the_same_in_any_case() {
    let scene = scene().await;
    let bob = scene.server.person("bob").await;
    let (_, token) = scene.invite(" BOB@Example.Test ".trim(), "user").await;
    scene.accept(&bob.client, &token, json!({})).await.expect(200);
    let again = scene
        .owner
        .client
        .post(INVITATIONS, json!({"email": "Bob@example.test", "role": "user"}))
        .await;
    assert_eq!(again.expect(409).code(), "already_member");
    scene.invite("new@example.test", "user").await;
    let again = scene
        .owner
        .client
        .post(INVITATIONS, json!({"email": "NEW@EXAMPLE.TEST", "role": "admin"}))
        .await;
    assert_eq!(again.expect(409).code(), "already_invited");
}

#[tokio::test]
async fn another_account_is_told_for_whom_the_invitation_is() {
    let scene = scene().await;
    let bob = scene.server.person("bob").await;
    let carol = scene.server.person("carol").await;
    let (_, token) = scene.invite(&bob.email, "user").await;
    let refused = scene.accept(&carol.client, &token, json!({})).await.expect(409);
    assert_eq!(refused.code(), "wrong_account");
    assert!(refused.json["detail"].as_str().unwrap().contains("bob@example.test"));
    let (_, token) = scene.invite("nobody.yet@example.test", "user").await;
    let refused = scene.accept(&carol.client, &token, fields("carol2")).await.expect(409);
    assert_eq!(refused.code(), "wrong_account");
    assert_eq!(scene.role_of(carol.id).await, None);
    // The invitation is as good as before.
    let switched = scene.server.sign_in("bob").await;
    drop(switched);
    assert_eq!(scene.look(&token).await.expect(200).json["status"], "pending");
}

#[tokio::test]
async fn whoever_is_a_member_already_stays_what_they_are() {
    let scene = scene().await;
    let bob = scene.server.person("bob").await;
    let (_, token) = scene.invite(&bob.email, "admin").await;
    scene.accept(&bob.client, &token, json!({})).await.expect(200);
    let again = scene.accept(&bob.client, &token, json!({})).await.expect(200);
    assert_eq!(
        (&again.json["already_member"], &again.json["role"]),
        (&json!(true), &json!("admin"))
    );

    // A member in another way while the invitation is open.
    let carol = scene.server.person("carol").await;
    let (_, token) = scene.invite(&carol.email, "admin").await;
    sqlx::query("INSERT INTO organization_memberships (organization_id, user_id, role, created_at, updated_at) VALUES ($1, $2, 'user', now(), now())")
        .bind(scene.organization)
        .bind(carol.id)
        .execute(&scene.server.owner)
        .await
        .unwrap();
    let accepted = scene.accept(&carol.client, &token, json!({})).await.expect(200);
    assert_eq!(
        (&accepted.json["already_member"], &accepted.json["role"]),
        (&json!(true), &json!("user"))
    );
    assert_eq!(scene.role_of(carol.id).await.as_deref(), Some("user"));
    assert_eq!(scene.listed("accepted").await.len(), 2);
}

#[tokio::test]
async fn an_expired_invitation_lets_nobody_in_and_makes_room_for_a_new_one() {
    let scene = scene().await;
    let (_, token) = scene.invite("nina@example.test", "user").await;
    scene.server.program.core.clock.advance(Duration::days(7));
    assert_eq!(scene.look(&token).await.expect(200).json["status"], "expired");
    let refused = scene
        .accept(&scene.server.anonymous(), &token, fields("nina"))
        .await
        .expect(409);
    assert_eq!(refused.code(), "invitation_expired");
    // The session is over by now.
    let owner = scene
        .server
        .sign_in("olivia")
        .await
        .switch_to(Some(scene.organization))
        .await;
    let (_, fresh) = scene.invite_as(&owner, "nina@example.test", "user").await;
    assert_eq!(scene.look(&token).await.expect(200).json["status"], "revoked");
    scene
        .accept(&scene.server.anonymous(), &fresh, fields("nina"))
        .await
        .expect(200);
}

#[tokio::test]
async fn a_withdrawn_invitation_lets_nobody_in() {
    let scene = scene().await;
    let (id, token) = scene.invite("nina@example.test", "user").await;
    let path = format!("{INVITATIONS}/{id}");
    scene.owner.client.delete(&path).await.expect(204);
    scene.owner.client.delete(&path).await.expect(204);
    let refused = scene
        .accept(&scene.server.anonymous(), &token, fields("nina"))
        .await
        .expect(409);
    assert_eq!(refused.code(), "invitation_revoked");
    let resend = scene
        .owner
        .client
        .post(&format!("{path}/resend"), json!({}))
        .await
        .expect(409);
    assert_eq!(resend.code(), "invitation_revoked");
    assert_eq!(scene.acts("invitation.revoke").await.len(), 1);
    let (_, token) = scene.invite("nina@example.test", "user").await;
    scene
        .accept(&scene.server.anonymous(), &token, fields("nina"))
        .await
        .expect(200);
}

#[tokio::test]
async fn an_accepted_invitation_is_over_whoever_comes_and_when_the_member_left() {
    let scene = scene().await;
    let bob = scene.server.person("bob").await;
    let (id, token) = scene.invite(&bob.email, "user").await;
    scene.accept(&bob.client, &token, json!({})).await.expect(200);
    let path = format!("{INVITATIONS}/{id}");
    assert_eq!(
        scene.owner.client.delete(&path).await.expect(409).code(),
        "invitation_used"
    );
    let resend = scene
        .owner
        .client
        .post(&format!("{path}/resend"), json!({}))
        .await
        .expect(409);
    assert_eq!(resend.code(), "invitation_used");
    assert_eq!(
        scene
            .accept(&scene.server.anonymous(), &token, json!({}))
            .await
            .expect(409)
            .code(),
        "invitation_used"
    );
    scene
        .owner
        .client
        .delete(&format!("/organizations/current/members/{}", bob.id))
        .await
        .expect(204);
    assert_eq!(
        scene.accept(&bob.client, &token, json!({})).await.expect(409).code(),
        "invitation_used"
    );
    assert_eq!(scene.role_of(bob.id).await, None);
}

#[tokio::test]
async fn the_invitation_of_somebody_demoted_waits_for_somebody_who_can() {
    let scene = scene().await;
    let admin = scene.server.member(scene.organization, "adam", Role::Admin).await;
    let bob = scene.server.person("bob").await;
    let (id, token) = scene.invite_as(&admin.client, &bob.email, "admin").await;
    scene.set_role(admin.id, "manager").await;
    assert_eq!(scene.look(&token).await.expect(200).json["status"], "needs_approval");
    assert_eq!(scene.listed("needs_approval").await, ["bob@example.test"]);
    assert!(scene.listed("pending").await.is_empty());
    let refused = scene.accept(&bob.client, &token, json!({})).await.expect(409);
    assert_eq!(refused.code(), "needs_approval");
    assert_eq!(scene.role_of(bob.id).await, None);

    // The demoted one can't approve it, the owner can, and becomes the inviter with a new link.
    let adam = scene
        .server
        .sign_in("adam")
        .await
        .switch_to(Some(scene.organization))
        .await;
    let path = format!("{INVITATIONS}/{id}/resend");
    assert_eq!(adam.post(&path, json!({})).await.expect(403).code(), "delegation");
    let resent = scene.owner.client.post(&path, json!({})).await.expect(200);
    assert_eq!(
        (&resent.json["status"], &resent.json["invited_by"]),
        (&json!("pending"), &json!(scene.owner.id))
    );
    let fresh = scene.sink.mail_to(&bob.email, 2).await.token();
    assert_eq!(scene.look(&token).await.expect(404).code(), "not_found");
    scene.accept(&bob.client, &fresh, json!({})).await.expect(200);
    assert_eq!(scene.role_of(bob.id).await.as_deref(), Some("admin"));
}

#[tokio::test]
async fn the_invitation_of_somebody_removed_or_disabled_waits_too() {
    let scene = scene().await;
    let manager = scene.server.member(scene.organization, "mary", Role::Manager).await;
    let admin = scene.server.member(scene.organization, "adam", Role::Admin).await;
    let (_, first) = scene.invite_as(&manager.client, "one@example.test", "user").await;
    let (_, second) = scene.invite_as(&admin.client, "two@example.test", "user").await;
    let path = format!("/organizations/current/members/{}", manager.id);
    scene.owner.client.delete(&path).await.expect(204);
    sqlx::query("UPDATE users SET disabled_at = now() WHERE id = $1")
        .bind(admin.id)
        .execute(&scene.server.owner)
        .await
        .unwrap();
    for token in [&first, &second] {
        let refused = scene
            .accept(&scene.server.anonymous(), token, fields("newbie"))
            .await
            .expect(409);
        assert_eq!(refused.code(), "needs_approval");
    }
    assert_eq!(scene.listed("needs_approval").await.len(), 2);
    let made: i64 = sqlx::query_scalar("SELECT count(*) FROM users WHERE username = 'newbie'")
        .fetch_one(&scene.server.owner)
        .await
        .unwrap();
    assert_eq!(made, 0);
}

#[tokio::test]
async fn invitations_of_another_organization_are_like_none() {
    let scene = scene().await;
    let (id, _) = scene.invite("nina@example.test", "user").await;
    let mut eve = scene.server.person("eve").await;
    scene.server.organization(&mut eve, "Evil").await;
    let list = eve.client.get(INVITATIONS).await.expect(200);
    assert_eq!(list.json["items"], json!([]));
    let absent = Uuid::from_u128(7);
    for id in [id.as_str(), &absent.to_string(), "nonsense"] {
        let path = format!("{INVITATIONS}/{id}");
        assert_eq!(eve.client.delete(&path).await.expect(404).code(), "not_found");
        assert_eq!(
            eve.client
                .post(&format!("{path}/resend"), json!({}))
                .await
                .expect(404)
                .code(),
            "not_found"
        );
    }
    assert_eq!(scene.listed("pending").await, ["nina@example.test"]);
}

#[tokio::test]
async fn nobody_invites_beyond_the_own_reach() {
    let scene = scene().await;
    let mut members = Vec::new();
    for (name, role) in [("adam", Role::Admin), ("mary", Role::Manager), ("uma", Role::User)] {
        members.push(scene.server.member(scene.organization, name, role).await);
    }
    let reach: [(usize, &[&str]); 2] = [(0, &["admin", "user"]), (1, &["manager", "user"])];
    for (member, allowed) in reach {
        for role in ["owner", "admin", "manager", "user"] {
            let body = json!({"email": format!("{role}-{member}@example.test"), "role": role});
            let answer = members[member].client.post(INVITATIONS, body).await;
            if allowed.contains(&role) {
                answer.expect(201);
            } else {
                assert_eq!(answer.expect(403).code(), "delegation", "{role}");
            }
        }
    }
    let uma = &members[2].client;
    let refused = uma
        .post(INVITATIONS, json!({"email": "x@example.test", "role": "user"}))
        .await
        .expect(403);
    assert_eq!(
        (refused.code(), &refused.json["permission"]),
        ("forbidden", &json!("invitation.create"))
    );
    uma.get(INVITATIONS).await.expect(403);
    // Withdrawing has the same limits.
    let (id, _) = scene.invite("boss@example.test", "owner").await;
    let path = format!("{INVITATIONS}/{id}");
    assert_eq!(members[0].client.delete(&path).await.expect(403).code(), "delegation");
    let personal = scene.server.person("solo").await;
    assert_eq!(
        personal.client.get(INVITATIONS).await.expect(403).code(),
        "organization_required"
    );
}

#[tokio::test]
async fn many_are_invited_at_once_with_a_result_for_each() {
    let scene = scene().await;
    scene.invite("open@example.test", "user").await;
    let emails = [
        "one@example.test",
        "OPEN@example.test",
        "olivia@example.test",
        "One@Example.Test",
    ];
    let answer = scene
        .owner
        .client
        .post(INVITATIONS, json!({"emails": emails, "role": "manager"}))
        .await
        .expect(201);
    let results: Vec<_> = answer.json["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| {
            (
                item["email"].as_str().unwrap(),
                item["result"].as_str().unwrap(),
                item["invitation"]["role"].as_str(),
            )
        })
        .collect();
    assert_eq!(
        results,
        [
            ("one@example.test", "invited", Some("manager")),
            ("open@example.test", "already_invited", None),
            ("olivia@example.test", "already_member", None),
        ]
    );
    scene.sink.mail_to("one@example.test", 1).await;
}

#[tokio::test]
async fn bad_input_names_the_field_and_invites_nobody() {
    let scene = scene().await;
    let many: Vec<_> = (0..51).map(|number| format!("p{number}@example.test")).collect();
    for (body, field) in [
        (json!({"role": "user"}), "email"),
        (json!({"email": "a@example.test"}), "role"),
        (json!({"email": "nonsense", "role": "user"}), "email"),
        (
            json!({"emails": ["a@example.test", "nonsense"], "role": "user"}),
            "emails[1]",
        ),
        (json!({"emails": [], "role": "user"}), "emails"),
        (json!({"emails": many, "role": "user"}), "emails"),
        (
            json!({"email": "a@example.test", "emails": ["b@example.test"], "role": "user"}),
            "emails",
        ),
        (json!({"email": "a@example.test", "role": "king"}), "role"),
    ] {
        let answer = scene.owner.client.post(INVITATIONS, body.clone()).await.expect(422);
        assert_eq!(answer.json["errors"][0]["field"], field, "{body}");
    }
    let bad = scene
        .owner
        .client
        .get(&format!("{INVITATIONS}?status=open"))
        .await
        .expect(422);
    assert_eq!(bad.json["errors"][0]["field"], "status");
    assert_eq!(
        scene.owner.client.get(INVITATIONS).await.expect(200).json["items"],
        json!([])
    );
}

#[tokio::test]
async fn parallel_invitations_and_parallel_acceptances_happen_once() {
    let scene = scene().await;
    let create = || {
        let client = &scene.owner.client;
        async move {
            client
                .post(INVITATIONS, json!({"email": "nina@example.test", "role": "user"}))
                .await
                .status
        }
    };
    let mut statuses = futures_util::future::join_all((0..5).map(|_| create())).await;
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409, 409, 409, 409]);
    let token = scene.sink.mail_to("nina@example.test", 1).await.token();
    let accept = |number: usize| {
        let (scene, token) = (&scene, &token);
        async move {
            let answer = scene
                .accept(&scene.server.anonymous(), token, fields(&format!("nina{number}")))
                .await;
            (answer.status, answer.code().to_owned())
        }
    };
    let answers = futures_util::future::join_all((0..5).map(accept)).await;
    assert_eq!(
        answers.iter().filter(|(status, _)| *status == 200).count(),
        1,
        "{answers:?}"
    );
    let lost: Vec<_> = answers.iter().filter(|(status, _)| *status != 200).collect();
    assert!(
        lost.iter()
            .all(|(status, code)| *status == 409 && code == "invitation_used"),
        "{lost:?}"
    );
    let accounts: i64 = sqlx::query_scalar("SELECT count(*) FROM users WHERE email = 'nina@example.test'")
        .fetch_one(&scene.server.owner)
        .await
        .unwrap();
    assert_eq!((accounts, scene.sink.received().len()), (1, 1));
}

#[tokio::test]
async fn a_mail_scanner_that_follows_the_link_changes_nothing() {
    let scene = scene().await;
    let (_, token) = scene.invite("nina@example.test", "user").await;
    for _ in 0..3 {
        let page = scene.look(&token).await.expect(200);
        assert_eq!(
            (&page.json["status"], page.headers["cache-control"].to_str().unwrap()),
            (&json!("pending"), "no-store")
        );
    }
    scene.look("unknown").await.expect(404);
    scene
        .accept(&scene.server.anonymous(), "unknown", fields("nina"))
        .await
        .expect(404);
    let foreign = scene.server.anonymous().with_header("origin", "https://evil.example");
    foreign
        .get(&format!("/organizations/invitations/{token}"))
        .await
        .expect(200);
    scene
        .accept(&scene.server.anonymous(), &token, fields("nina"))
        .await
        .expect(200);
}

#[tokio::test]
async fn a_day_has_three_hundred_invitations_however_many_are_made_at_once() {
    let scene = scene().await;
    let batches = (0..8).map(|batch| {
        let client = scene.owner.client.clone();
        async move {
            let emails: Vec<String> = (0..50).map(|number| format!("p{number}@b{batch}.test")).collect();
            let body = json!({"emails": emails, "role": "user"});
            client.post(INVITATIONS, body).await.status
        }
    });
    let statuses = futures_util::future::join_all(batches).await;
    let made = statuses.iter().filter(|status| **status == 201).count();
    let refused = statuses.iter().filter(|status| **status == 429).count();
    assert_eq!((made, refused), (6, 2), "{statuses:?}");
}

#[tokio::test]
async fn sending_again_has_a_limit() {
    let scene = scene().await;
    let (id, _) = scene.invite("nina@example.test", "user").await;
    let path = format!("{INVITATIONS}/{id}/resend");
    for _ in 0..5 {
        scene.owner.client.post(&path, json!({})).await.expect(200);
    }
    let refused = scene.owner.client.post(&path, json!({})).await.expect(429);
    assert!(refused.headers.contains_key("retry-after"));
}

#[tokio::test]
async fn the_invitation_speaks_the_language_of_who_reads_it() {
    let scene = scene().await;
    let bob = scene.server.person("bob").await;
    bob.client.put("/auth/me", json!({"locale": "fr"})).await.expect(200);
    let (_, token) = scene.invite(&bob.email, "manager").await;
    let mail = scene.sink.mail_to(&bob.email, 1).await;
    assert_eq!(mail.subject(), "olivia Test vous invite à rejoindre Acme & Söhne");
    assert!(mail.text().contains("gestionnaire") && mail.html().contains("Acme &amp; Söhne"));
    assert_eq!(scene.look(&token).await.expect(200).json["locale"], "fr");
    scene
        .owner
        .client
        .put("/auth/me", json!({"locale": "fr"}))
        .await
        .expect(200);
    scene.invite("nouveau@example.test", "user").await;
    let mail = scene.sink.mail_to("nouveau@example.test", 1).await;
    assert!(
        mail.text().starts_with("Bonjour"),
        "the inviter's language, for who has no account"
    );
}

#[tokio::test]
async fn without_a_mail_server_the_inviter_gets_the_link_once() {
    let server = TestServer::start().await;
    let mut owner = server.person("olivia").await;
    server.organization(&mut owner, "Acme").await;
    let client = owner.client.with_header("idempotency-key", "once");
    let body = json!({"emails": ["nina@example.test"], "role": "user"});
    let first = client.post(INVITATIONS, body.clone()).await.expect(201);
    let invitation = &first.json["items"][0]["invitation"];
    assert_eq!(invitation["delivery"], Value::Null, "it is only in a file");
    let link = invitation["link"].as_str().unwrap();
    assert!(
        link.starts_with(&format!("{}/app/invitation#token=", server.base_url)),
        "{link}"
    );
    let replayed = client.post(INVITATIONS, body).await.expect(201);
    let again = &replayed.json["items"][0]["invitation"];
    assert_eq!(
        (&again["id"], &again["secret_already_shown"]),
        (&invitation["id"], &json!(true))
    );
    assert!(again.get("link").is_none());
    let list = owner.client.get(INVITATIONS).await.expect(200);
    assert!(list.json["items"][0].get("link").is_none());
    let path = format!("{INVITATIONS}/{}/resend", invitation["id"].as_str().unwrap());
    let resent = owner.client.post(&path, json!({})).await.expect(200);
    let token = resent.json["link"].as_str().unwrap().split("#token=").nth(1).unwrap();
    let accept = format!("/organizations/invitations/{token}/accept");
    server.anonymous().post(&accept, fields("nina")).await.expect(200);
}

#[tokio::test]
async fn an_invitation_shows_what_became_of_its_mail() {
    let scene = scene().await;
    let client = &scene.owner.client;
    let delivery = async |email: &str, status: &str| {
        eventually(&format!("{email} is {status}"), async || {
            let list = client.get(INVITATIONS).await.expect(200).json;
            let invitation = list["items"]
                .as_array()
                .unwrap()
                .iter()
                .find(|one| one["email"] == email)?
                .clone();
            (invitation["delivery"]["status"] == status).then(|| invitation["delivery"].clone())
        })
        .await
    };
    let made = client
        .post(INVITATIONS, json!({"email": "ann@example.test", "role": "user"}))
        .await
        .expect(201);
    assert_eq!(made.json["delivery"]["status"], "queued", "{}", made.text);
    assert_eq!(delivery("ann@example.test", "sent").await["reply"], Value::Null);

    scene.sink.fail([Fault::Refuse(550)]);
    let made = client
        .post(INVITATIONS, json!({"email": "gone@example.test", "role": "user"}))
        .await
        .expect(201);
    let refused = delivery("gone@example.test", "refused").await;
    assert!(refused["reply"].as_str().unwrap().starts_with("550"), "{refused}");
    scene.sink.fail([Fault::Refuse(451)]);
    client
        .post(INVITATIONS, json!({"email": "busy@example.test", "role": "user"}))
        .await
        .expect(201);
    let delayed = delivery("busy@example.test", "delayed").await;
    assert!(delayed["reply"].as_str().unwrap().starts_with("451"), "{delayed}");

    // Sent again it is another mail.
    let resend = format!("{INVITATIONS}/{}/resend", made.json["id"].as_str().unwrap());
    assert_eq!(
        client.post(&resend, json!({})).await.expect(200).json["delivery"]["status"],
        "queued"
    );
    delivery("gone@example.test", "sent").await;
}

#[tokio::test]
async fn pages_follow_each_other_and_addresses_are_found() {
    let scene = scene().await;
    let emails: Vec<_> = (0..7).map(|number| format!("person{number}@example.test")).collect();
    scene
        .owner
        .client
        .post(INVITATIONS, json!({"emails": emails, "role": "user"}))
        .await
        .expect(201);
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    for _ in 0..3 {
        let page = scene
            .owner
            .client
            .get(&format!("{INVITATIONS}?limit=3{cursor}"))
            .await
            .expect(200);
        seen.extend(
            page.json["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|item| item["email"].as_str().unwrap().to_owned()),
        );
        match page.json["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    seen.sort();
    assert_eq!(seen, emails);
    let found = scene
        .owner
        .client
        .get(&format!("{INVITATIONS}?q=PERSON3&sort=created_at"))
        .await
        .expect(200);
    assert_eq!(found.json["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_session_that_ended_accepts_nothing() {
    let scene = scene().await;
    let bob = scene.server.person("bob").await;
    let (_, token) = scene.invite(&bob.email, "user").await;
    bob.client.post("/auth/logout", json!({})).await.expect(204);
    assert_eq!(
        scene.accept(&bob.client, &token, json!({})).await.expect(401).code(),
        "unauthenticated"
    );
    let body = json!({"login": "bob", "password": PASSWORD});
    let cookie = scene.server.anonymous().post("/auth/login", body).await.expect(200);
    let cookie = cookie.headers["set-cookie"]
        .to_str()
        .unwrap()
        .split(';')
        .next()
        .unwrap()
        .to_owned();
    let foreign = scene
        .server
        .anonymous()
        .with_header("cookie", &cookie)
        .with_header("origin", "https://evil.example");
    assert_eq!(
        scene.accept(&foreign, &token, json!({})).await.expect(403).code(),
        "foreign_origin"
    );
    assert_eq!(scene.role_of(bob.id).await, None);
}

#[tokio::test]
async fn an_organization_that_ends_takes_its_invitations_along() {
    let scene = scene().await;
    let (_, token) = scene.invite("nina@example.test", "user").await;
    scene
        .owner
        .client
        .send(
            reqwest::Method::DELETE,
            "/organizations/current",
            Some(json!({"slug": "acme-sohne"})),
        )
        .await
        .expect(200);
    assert_eq!(scene.look(&token).await.expect(200).json["status"], "revoked");
    let refused = scene
        .accept(&scene.server.anonymous(), &token, fields("nina"))
        .await
        .expect(409);
    assert_eq!(refused.code(), "invitation_revoked");
    let open: i64 = sqlx::query_scalar("SELECT count(*) FROM organization_invitations WHERE revoked_at IS NULL")
        .fetch_one(&scene.server.owner)
        .await
        .unwrap();
    assert_eq!(open, 0);
}
