//! New passwords and new addresses by mail, and which passwords are taken.

#![expect(
    clippy::disallowed_methods,
    reason = "a test holds rows locked on a connection of its own"
)]

use chrono::Duration;
use inventiv_server::features::user_administration::operator;

use inventiv_server::plumbing::db::SystemReason;
use serde_json::{Value, json};

use crate::harness::{Answer, Client, PASSWORD, Person, Received, SmtpSink, TestServer, eventually};

const NEW_PASSWORD: &str = "violet umbrellas on mondays";

struct Scene {
    server: TestServer,
    sink: SmtpSink,
    alice: Person,
}

async fn scene() -> Scene {
    let sink = SmtpSink::start().await;
    let directory = tempfile::tempdir().unwrap();
    let server = TestServer::start_with(|config| sink.configure(config, directory.path())).await;
    let alice = server.person("alice").await;
    Scene { server, sink, alice }
}

impl Scene {
    async fn ask(&self, email: &str) -> Answer {
        let body = json!({"email": email});
        self.server.anonymous().post("/auth/password-reset/request", body).await
    }

    /// The token of the mail with a link after so many.
    async fn token(&self, number: usize) -> String {
        self.ask(&self.alice.email).await.expect(202);
        self.mail_with("#token=", number).await.token()
    }

    /// The mail to Alice after so many with these words.
    async fn mail_with(&self, words: &str, number: usize) -> Received {
        eventually("the mail arrives", async || {
            let mails = self.sink.received().into_iter();
            let mut mails = mails.filter(|mail| mail.recipient == self.alice.email && mail.text().contains(words));
            mails.nth(number - 1)
        })
        .await
    }

    async fn reset(&self, token: &str, password: &str) -> Answer {
        let body = json!({"token": token, "password": password});
        self.server.anonymous().post("/auth/password-reset/reset", body).await
    }

    async fn sign_in(&self, login: &str, password: &str) -> Answer {
        let body = json!({"login": login, "password": password});
        self.server.anonymous().post("/auth/login", body).await
    }

    /// Waits until every request was looked into.
    async fn looked_into(&self) {
        eventually("requests are looked into", async || {
            let waiting: i64 = sqlx::query_scalar("SELECT count(*) FROM jobs WHERE state = 'waiting'")
                .fetch_one(&self.server.owner)
                .await
                .unwrap();
            (waiting == 0).then_some(())
        })
        .await;
    }

    async fn mails(&self) -> i64 {
        sqlx::query_scalar("SELECT count(*) FROM outbox")
            .fetch_one(&self.server.owner)
            .await
            .unwrap()
    }
}

fn first_error(answer: &Answer) -> (&str, &str) {
    let error = &answer.json["errors"][0];
    (error["field"].as_str().unwrap(), error["code"].as_str().unwrap())
}

#[tokio::test]
async fn a_forgotten_password_is_replaced_with_the_link_from_the_mail_and_every_session_ends() {
    let scene = scene().await;
    let second = scene.server.sign_in("alice").await;
    let token = scene.token(1).await;
    scene.alice.client.get("/auth/me").await.expect(200);
    scene.reset(&token, NEW_PASSWORD).await.expect(204);
    scene.alice.client.get("/auth/me").await.expect(401);
    second.get("/auth/me").await.expect(401);
    scene.sign_in("alice", PASSWORD).await.expect(401);
    scene.sign_in("alice", NEW_PASSWORD).await.expect(200);
    let acts: Vec<String> = sqlx::query_scalar(
        "SELECT action FROM audit_log WHERE tenant = $1 AND action LIKE 'password.%' ORDER BY sequence",
    )
    .bind(scene.alice.id)
    .fetch_all(&scene.server.owner)
    .await
    .unwrap();
    assert_eq!(acts, ["password.request_reset", "password.reset"]);
}

#[tokio::test]
async fn who_gets_another_password_is_told_in_their_language() {
    let scene = scene().await;
    let token = scene.token(1).await;
    scene.reset(&token, NEW_PASSWORD).await.expect(204);
    let told = scene.mail_with("/app/forgot-password", 1).await;
    assert!(told.text().contains("was just changed") && told.html().contains("was just changed"));
    assert!(!told.text().contains(NEW_PASSWORD));

    let body = json!({"login": "alice", "password": NEW_PASSWORD, "transport": "bearer"});
    let answer = scene.server.anonymous().post("/auth/login", body).await.expect(200);
    let client = scene
        .server
        .anonymous()
        .with_token(answer.json["token"].as_str().unwrap());
    client.put("/auth/me", json!({"locale": "fr"})).await.expect(200);
    let change = |current: &str| json!({"current_password": current, "new_password": "yet another good one"});
    client.put("/auth/me/password", change(PASSWORD)).await.expect(422);
    client.put("/auth/me/password", change(NEW_PASSWORD)).await.expect(204);
    let told = scene.mail_with("/app/forgot-password", 2).await;
    assert!(told.text().contains("vient d'être modifié"), "{}", told.text());
    assert_eq!(scene.mails().await, 3, "what was refused is told nobody");
}

#[tokio::test]
async fn no_link_outlives_a_disabled_account() {
    let scene = scene().await;
    let root = scene.server.platform_admin("root").await.client;
    let token = scene.token(1).await;
    let change = json!({"email": "alice@elsewhere.test", "password": PASSWORD});
    scene.alice.client.post("/auth/me/email", change).await.expect(202);
    let confirmation = scene.sink.mail_to("alice@elsewhere.test", 1).await.token();
    for disabled in [true, false] {
        let path = format!("/users/{}", scene.alice.id);
        root.put(&path, json!({"disabled": disabled})).await.expect(200);
    }
    scene.reset(&token, NEW_PASSWORD).await.expect(422);
    let body = json!({"token": confirmation});
    let refused = scene.server.anonymous().post("/auth/me/email/confirm", body).await;
    refused.expect(422);
    scene.sign_in("alice", PASSWORD).await.expect(200);
}

#[tokio::test]
async fn a_first_password_is_no_change_of_one() {
    let scene = scene().await;
    let root = scene.server.platform_admin("root").await;
    let body = json!({"email": "newcomer@example.test"});
    let made = root.client.post("/users", body).await.expect(201);
    assert_eq!(made.json["link"], Value::Null, "the mail carries it");
    let welcome = scene.sink.mail_to("newcomer@example.test", 1).await;
    scene.reset(&welcome.token(), NEW_PASSWORD).await.expect(204);
    assert_eq!(scene.mails().await, 1);
}

#[tokio::test]
async fn a_password_is_not_made_of_the_name_of_an_organization_of_the_persons() {
    let mut scene = scene().await;
    scene.server.organization(&mut scene.alice, "Zenith Foods").await;
    let personal = scene.alice.client.switch_to(None).await;
    let token = scene.token(1).await;
    let refused = scene.reset(&token, "ZenithFoods-2026").await.expect(422);
    assert_eq!(first_error(&refused), ("password", "own_name"));
    let change = json!({"current_password": PASSWORD, "new_password": "zenith1234567890"});
    let refused = personal.put("/auth/me/password", change).await.expect(422);
    assert_eq!(first_error(&refused), ("new_password", "own_name"));
    scene.reset(&token, NEW_PASSWORD).await.expect(204);
}

#[tokio::test]
async fn asking_does_not_tell_whether_there_is_an_account() {
    let scene = scene().await;
    let known = scene.ask(" Alice@Example.TEST ").await.expect(202);
    let unknown = scene.ask("nobody@example.test").await.expect(202);
    assert_eq!(
        (&known.text, known.headers.len()),
        (&unknown.text, unknown.headers.len())
    );
    scene.sink.mail_to(&scene.alice.email, 1).await;
    scene.looked_into().await;
    assert_eq!(scene.mails().await, 1);
    assert_eq!(
        first_error(&scene.ask("nonsense").await.expect(422)),
        ("email", "email")
    );
}

#[tokio::test]
async fn a_disabled_account_gets_no_link_and_its_old_one_does_not_work() {
    let scene = scene().await;
    let token = scene.token(1).await;
    sqlx::query("UPDATE users SET disabled_at = now() WHERE id = $1")
        .bind(scene.alice.id)
        .execute(&scene.server.owner)
        .await
        .unwrap();
    scene.ask(&scene.alice.email).await.expect(202);
    scene.looked_into().await;
    assert_eq!(scene.mails().await, 1);
    scene.reset(&token, NEW_PASSWORD).await.expect(422);
}

#[tokio::test]
async fn a_used_an_expired_and_an_unknown_link_look_the_same() {
    let scene = scene().await;
    let used = scene.token(1).await;
    scene.reset(&used, NEW_PASSWORD).await.expect(204);
    let expired = scene.token(2).await;
    scene.server.program.core.clock.advance(Duration::minutes(61));
    let mut answers = Vec::new();
    for token in [used.as_str(), &expired, "unknown", ""] {
        let answer = scene.reset(token, NEW_PASSWORD).await.expect(422);
        assert_eq!(first_error(&answer), ("token", "invalid_token"), "{token}");
        answers.push(answer.without_request_id());
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:?}");
}

#[tokio::test]
async fn a_link_used_twice_at_the_same_time_works_once() {
    let scene = scene().await;
    let token = scene.token(1).await;
    let attempts = (0..6).map(|number| {
        let (scene, token) = (&scene, &token);
        async move {
            scene
                .reset(token, &format!("violet umbrellas number {number}"))
                .await
                .status
        }
    });
    let mut statuses = futures_util::future::join_all(attempts).await;
    statuses.sort_unstable();
    assert_eq!(statuses, [204, 422, 422, 422, 422, 422]);
}

#[tokio::test]
async fn a_new_password_makes_all_other_links_useless() {
    let scene = scene().await;
    let first = scene.token(1).await;
    let second = scene.token(2).await;
    scene.reset(&second, NEW_PASSWORD).await.expect(204);
    scene.reset(&first, NEW_PASSWORD).await.expect(422);
    let third = scene.token(3).await;
    let client = scene.sign_in("alice", NEW_PASSWORD).await.expect(200);
    let cookie = client.headers["set-cookie"]
        .to_str()
        .unwrap()
        .split(';')
        .next()
        .unwrap()
        .to_owned();
    let change = json!({"current_password": NEW_PASSWORD, "new_password": "yet another good one"});
    let browser = scene.server.anonymous().with_header("cookie", &cookie);
    browser.put("/auth/me/password", change).await.expect(204);
    scene.reset(&third, NEW_PASSWORD).await.expect(422);
}

#[tokio::test]
async fn a_weak_password_is_refused_everywhere_and_the_link_stays_good() {
    let scene = scene().await;
    let token = scene.token(1).await;
    for (password, code) in [
        ("short", "length"),
        ("Password2026!", "common_password"),
        ("qwertyuiop123", "sequence"),
        ("alice-example", "own_name"),
        ("inventiv-2026", "own_name"),
    ] {
        let answer = scene.reset(&token, password).await.expect(422);
        assert_eq!(first_error(&answer), ("password", code), "{password}");
        let change = json!({"current_password": PASSWORD, "new_password": password});
        let answer = scene.alice.client.put("/auth/me/password", change).await.expect(422);
        assert_eq!(first_error(&answer), ("new_password", code), "{password}");
    }
    scene.reset(&token, NEW_PASSWORD).await.expect(204);
}

#[tokio::test]
async fn nobody_is_flooded_with_links_and_the_limit_does_not_show() {
    let scene = scene().await;
    for number in 1..=5 {
        scene.token(number).await;
    }
    scene.ask(&scene.alice.email).await.expect(202);
    scene.ask("nobody@example.test").await.expect(202);
    scene.looked_into().await;
    assert_eq!(scene.mails().await, 5);
    scene.server.program.core.clock.advance(Duration::minutes(61));
    scene.token(6).await;
}

#[tokio::test]
async fn guessing_links_is_slowed_down() {
    let scene = scene().await;
    let token = scene.token(1).await;
    for number in 0..100 {
        scene.reset(&format!("guess {number}"), NEW_PASSWORD).await.expect(422);
    }
    assert_eq!(
        scene.reset(&token, NEW_PASSWORD).await.expect(429).code(),
        "too_many_attempts"
    );
}

#[tokio::test]
async fn tokens_are_in_no_table_but_the_unsent_mail() {
    let scene = scene().await;
    let token = scene.token(1).await;
    let leaks: i64 = sqlx::query_scalar(
        "SELECT (SELECT count(*) FROM password_reset_tokens t WHERE t::text LIKE '%' || $1 || '%')
            + (SELECT count(*) FROM audit_log a WHERE a::text LIKE '%' || $1 || '%')",
    )
    .bind(&token)
    .fetch_one(&scene.server.owner)
    .await
    .unwrap();
    assert_eq!(leaks, 0);
    eventually("the sent mail is forgotten", async || {
        let left: i64 = sqlx::query_scalar("SELECT count(*) FROM outbox WHERE parameters IS NOT NULL")
            .fetch_one(&scene.server.owner)
            .await
            .unwrap();
        (left == 0).then_some(())
    })
    .await;
}

async fn ask_for_email(client: &Client, email: &str, password: &str) -> Answer {
    client
        .post("/auth/me/email", json!({"email": email, "password": password}))
        .await
}

async fn email_of(client: &Client) -> Value {
    client.get("/auth/me").await.expect(200).json["email"].clone()
}

#[tokio::test]
async fn a_new_address_counts_once_it_is_confirmed_and_the_old_one_is_told() {
    let scene = scene().await;
    let reset = scene.token(1).await;
    ask_for_email(&scene.alice.client, "Alice.New@Example.TEST", PASSWORD)
        .await
        .expect(202);
    let notice = scene.sink.mail_to(&scene.alice.email, 2).await;
    assert!(notice.text().contains("alice.new@example.test"), "{}", notice.text());
    let token = scene.sink.mail_to("alice.new@example.test", 1).await.token();
    assert_eq!(email_of(&scene.alice.client).await, "alice@example.test");

    let confirm = json!({"token": token});
    let anonymous = scene.server.anonymous();
    anonymous
        .post("/auth/me/email/confirm", confirm.clone())
        .await
        .expect(204);
    assert_eq!(email_of(&scene.alice.client).await, "alice.new@example.test");
    let told = scene.mail_with("now belongs to alice.new@example.test", 1).await;
    assert!(!told.text().contains("#token="), "{}", told.text());
    scene.sign_in("alice.new@example.test", PASSWORD).await.expect(200);
    scene.sign_in("alice@example.test", PASSWORD).await.expect(401);
    let again = anonymous.post("/auth/me/email/confirm", confirm).await.expect(422);
    assert_eq!(first_error(&again), ("token", "invalid_token"));
    // Whoever reads the old address's mail has no say any more.
    scene.reset(&reset, NEW_PASSWORD).await.expect(422);
}

#[tokio::test]
async fn changing_the_address_needs_the_password_and_another_address() {
    let scene = scene().await;
    let client = &scene.alice.client;
    for (email, password, field) in [
        ("new@example.test", "wrong horse battery", "password"),
        ("nonsense", PASSWORD, "email"),
        ("ALICE@example.test", PASSWORD, "email"),
    ] {
        let answer = ask_for_email(client, email, password).await.expect(422);
        assert_eq!(first_error(&answer).0, field, "{email}");
    }
    assert_eq!(scene.mails().await, 0);
}

#[tokio::test]
async fn an_address_of_somebody_else_is_found_out_only_by_who_reads_its_mail() {
    let scene = scene().await;
    let bob = scene.server.person("bob").await;
    ask_for_email(&scene.alice.client, &bob.email, PASSWORD)
        .await
        .expect(202);
    let token = scene.sink.mail_to(&bob.email, 1).await.token();
    let answer = scene
        .server
        .anonymous()
        .post("/auth/me/email/confirm", json!({"token": token}))
        .await
        .expect(409);
    assert_eq!(answer.code(), "email_taken");
    assert_eq!(email_of(&scene.alice.client).await, "alice@example.test");
}

#[tokio::test]
async fn only_the_last_new_address_asked_for_can_be_confirmed() {
    let scene = scene().await;
    ask_for_email(&scene.alice.client, "first@example.test", PASSWORD)
        .await
        .expect(202);
    let first = scene.sink.mail_to("first@example.test", 1).await.token();
    ask_for_email(&scene.alice.client, "second@example.test", PASSWORD)
        .await
        .expect(202);
    let second = scene.sink.mail_to("second@example.test", 1).await.token();
    let anonymous = scene.server.anonymous();
    anonymous
        .post("/auth/me/email/confirm", json!({"token": first}))
        .await
        .expect(422);
    anonymous
        .post("/auth/me/email/confirm", json!({"token": second}))
        .await
        .expect(204);
}

#[tokio::test]
async fn old_links_and_mails_are_forgotten_some_time() {
    let scene = scene().await;
    scene.token(1).await;
    ask_for_email(&scene.alice.client, "new@example.test", PASSWORD)
        .await
        .expect(202);
    scene.sink.mail_to("new@example.test", 1).await;
    scene.sink.mail_to(&scene.alice.email, 2).await;
    let left = async || -> (i64, i64) {
        let query = "SELECT (SELECT count(*) FROM password_reset_tokens) + (SELECT count(*) FROM email_changes), (SELECT count(*) FROM outbox)";
        sqlx::query_as(query).fetch_one(&scene.server.owner).await.unwrap()
    };
    scene.server.program.housekeeping().tidy().await.unwrap();
    assert_eq!(left().await, (2, 3));
    scene.server.program.core.clock.advance(Duration::days(8));
    scene.server.program.housekeeping().tidy().await.unwrap();
    assert_eq!(left().await, (0, 3));
    scene.server.program.core.clock.advance(Duration::days(23));
    scene.server.program.housekeeping().tidy().await.unwrap();
    assert_eq!(left().await, (0, 0));
}

#[tokio::test]
async fn somebody_whose_account_was_made_by_others_chooses_the_password_with_the_link_from_the_mail() {
    let scene = scene().await;
    let mut owner = scene.server.person("olivia").await;
    scene.server.organization(&mut owner, "Acme").await;
    let user = json!({"email": "nina@example.test", "username": "nina", "role": "user", "locale": "fr"});
    owner.client.post("/users", user).await.expect(201);
    let mail = scene.sink.mail_to("nina@example.test", 1).await;
    assert_eq!(mail.subject(), "Votre compte Inventiv");
    assert!(
        mail.text().contains("dans Acme") && mail.text().contains("nina"),
        "{}",
        mail.text()
    );
    scene.server.program.core.clock.advance(Duration::days(6));
    scene.reset(&mail.token(), NEW_PASSWORD).await.expect(204);
    scene.sign_in("nina", NEW_PASSWORD).await.expect(200);
    scene.reset(&mail.token(), "something else entirely").await.expect(422);
}

#[tokio::test]
async fn a_password_set_by_the_operator_ends_the_links_that_were_mailed_before() {
    let scene = scene().await;
    let reset = scene.token(1).await;
    ask_for_email(&scene.alice.client, "mallory@example.test", PASSWORD)
        .await
        .expect(202);
    let change = scene.sink.mail_to("mallory@example.test", 1).await.token();
    let administration = &scene.server.program.user_administration;
    let mut tx = scene
        .server
        .program
        .core
        .db
        .system(SystemReason::OperatorCommand)
        .await
        .unwrap();
    operator::reset_password(administration, &mut tx, "alice", NEW_PASSWORD.to_owned())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let anonymous = scene.server.anonymous();
    anonymous
        .post("/auth/me/email/confirm", json!({"token": change}))
        .await
        .expect(422);
    scene.reset(&reset, "orange lanterns on fridays").await.expect(422);
    scene.sign_in("alice@example.test", NEW_PASSWORD).await.expect(200);
}

#[tokio::test]
async fn a_new_password_and_a_change_in_a_session_take_turns() {
    let scene = scene().await;
    let token = scene.token(1).await;
    let owner = &scene.server.owner;
    let mut held = owner.begin().await.unwrap();
    sqlx::query("SELECT 1 FROM users WHERE id = $1 FOR UPDATE")
        .bind(scene.alice.id)
        .execute(&mut *held)
        .await
        .unwrap();
    let waiting = async |how_many: i64| {
        eventually("they wait", async || {
            let waiting: i64 = sqlx::query_scalar(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
            )
            .fetch_one(owner)
            .await
            .unwrap();
            (waiting >= how_many).then_some(())
        })
        .await;
    };
    let change = async {
        waiting(1).await;
        scene
            .alice
            .client
            .put("/auth/me", json!({"first_name": "Alicia"}))
            .await
    };
    let release = async {
        waiting(2).await;
        held.commit().await.unwrap();
    };
    let (reset, change, ()) = tokio::join!(scene.reset(&token, NEW_PASSWORD), change, release);
    reset.expect(204);
    change.expect(401);
}
