//! Limits that hold when many try at once, and whatever names or addresses they vary.

#![expect(clippy::disallowed_methods, reason = "a test holds a transaction of the owner")]

use inventiv_server::permissions::Role;
use reqwest::Method;
use serde_json::json;
use uuid::Uuid;

use crate::harness::{Answer, Client, PASSWORD, Person, TestServer, eventually};

const WRONG: &str = "wrong horse battery";

async fn sign_in(client: &Client, login: &str, password: &str) -> Answer {
    client
        .post("/auth/login", json!({"login": login, "password": password}))
        .await
}

fn of_status(answers: &[Answer], status: u16) -> usize {
    answers.iter().filter(|answer| answer.status == status).count()
}

async fn together<F: Future<Output = Answer>>(requests: impl IntoIterator<Item = F>) -> Vec<Answer> {
    futures_util::future::join_all(requests).await
}

#[tokio::test]
async fn of_many_guesses_at_once_no_more_are_looked_at_than_of_one_after_the_other() {
    let server = TestServer::start().await;
    server.person("alice").await;
    let client = server.anonymous();
    let guesses = together((0..60).map(|_| sign_in(&client, "alice", WRONG))).await;
    assert_eq!((of_status(&guesses, 401), of_status(&guesses, 429)), (10, 50));
    let late = sign_in(&client, "alice", PASSWORD).await.expect(429);
    assert!(late.headers.contains_key("retry-after"));
    server.stop().await;
}

#[tokio::test]
async fn all_names_of_an_account_count_together_and_so_do_all_pages_of_a_session() {
    let server = TestServer::start().await;
    let alice = server.person("alice").await;
    let client = server.anonymous();
    let names = ["alice", "alice@example.test", "ALICE", " alice@Example.test ", "Alice"];
    for login in names.into_iter().chain(names) {
        sign_in(&client, login, WRONG).await.expect(401);
    }
    sign_in(&client, "alice@example.test", PASSWORD).await.expect(429);

    let change = json!({"current_password": WRONG, "new_password": "entirely other words"});
    let confirm = json!({"password": WRONG, "email": "other@example.test"});
    for _ in 0..5 {
        alice.client.put("/auth/me/password", change.clone()).await.expect(422);
        alice.client.post("/auth/me/email", confirm.clone()).await.expect(422);
    }
    alice.client.put("/auth/me/password", change).await.expect(429);
    alice.client.post("/auth/me/email", confirm).await.expect(429);
    server.stop().await;
}

#[tokio::test]
async fn who_knows_the_password_is_never_counted() {
    let server = TestServer::start().await;
    server.person("alice").await;
    let client = server.anonymous();
    for _ in 0..30 {
        sign_in(&client, "alice", PASSWORD).await.expect(200);
    }
    for _ in 0..9 {
        sign_in(&client, "alice", WRONG).await.expect(401);
    }
    sign_in(&client, "alice", PASSWORD).await.expect(200);
    let left: Option<i32> =
        sqlx::query_scalar("SELECT sum(failures)::integer FROM login_throttles WHERE subject LIKE 'password:%'")
            .fetch_one(&server.owner)
            .await
            .unwrap();
    assert_eq!(left, None);
    server.stop().await;
}

#[tokio::test]
async fn requests_for_new_passwords_leave_a_bounded_number_of_rows_whatever_they_name() {
    let server = TestServer::start().await;
    let client = server.anonymous();
    let ask = |number: usize| {
        client.post(
            "/auth/password-reset/request",
            json!({"email": format!("p{number}@example.test")}),
        )
    };
    for answer in together((0..100).map(ask)).await {
        answer.expect(202);
    }
    let rows: (i64, i64) = sqlx::query_as(
        "SELECT (SELECT count(*) FROM login_throttles WHERE subject LIKE 'reset%'), (SELECT count(*) FROM jobs WHERE kind = 'password_request')",
    )
    .fetch_one(&server.owner)
    .await
    .unwrap();
    // Sixty of one client: a counter and at most a job each, and the client's. No mail was due, and none counts.
    assert_eq!(rows.0, 61);
    assert!((1..=60).contains(&rows.1), "{rows:?}");
    server.stop().await;
}

#[tokio::test]
async fn whatever_strangers_name_few_requests_for_new_passwords_wait() {
    let server = TestServer::start().await;
    let alice = server.person("alice").await;
    // Not committed, so that nobody works on them meanwhile.
    let mut tx = server.owner.begin().await.unwrap();
    let emails = (0..5000).map(|number| format!("p{number}@example.test"));
    let emails: Vec<String> = emails.chain([alice.email]).collect();
    sqlx::query(
        "SELECT auth.request_password_reset(email, '{}', '{}', '{}', '{}', now()) FROM unnest($1::text[]) AS email",
    )
    .bind(&emails)
    .fetch_all(&mut *tx)
    .await
    .unwrap();
    let (all, of_alice): (i64, i64) = sqlx::query_as(
        "SELECT count(*), count(*) FILTER (WHERE unique_key = 'alice@example.test') FROM jobs WHERE kind = 'password_request'",
    )
    .fetch_one(&mut *tx)
    .await
    .unwrap();
    assert!((2..=1025).contains(&all), "{all}");
    assert_eq!(of_alice, 1);
    tx.rollback().await.unwrap();
    server.stop().await;
}

#[tokio::test]
async fn mails_with_new_passwords_count_where_one_is_due() {
    let server = TestServer::start().await;
    let alice = server.person("alice").await;
    let client = server.anonymous();
    let ask = async |email: &str| {
        let body = json!({"email": email});
        client.post("/auth/password-reset/request", body).await.expect(202);
        eventually("requests are looked into", async || {
            let waiting: i64 = sqlx::query_scalar("SELECT count(*) FROM jobs WHERE state = 'waiting'")
                .fetch_one(&server.owner)
                .await
                .unwrap();
            (waiting == 0).then_some(())
        })
        .await;
        let (counted, mails): (Option<i32>, i64) = sqlx::query_as(
            "SELECT (SELECT failures FROM login_throttles WHERE subject = 'reset'), (SELECT count(*) FROM password_reset_tokens)",
        )
        .fetch_one(&server.owner)
        .await
        .unwrap();
        (counted, mails)
    };
    assert_eq!(ask("nobody@example.test").await, (None, 0));
    assert_eq!(ask(&alice.email).await, (Some(1), 1));
    sqlx::query("UPDATE login_throttles SET failures = 1000 WHERE subject = 'reset'")
        .execute(&server.owner)
        .await
        .unwrap();
    assert_eq!(ask(&alice.email).await, (Some(1000), 1));
    server.program.core.clock.advance(chrono::Duration::minutes(61));
    assert_eq!(ask(&alice.email).await, (Some(1), 2));
    server.stop().await;
}

#[tokio::test]
async fn who_invites_somebody_again_and_again_keeps_nobody_else_from_it() {
    let server = TestServer::start().await;
    let mut mallory = server.person("mallory").await;
    server.organization(&mut mallory, "Mallory's").await;
    let invite = async |by: &Person| {
        let body = json!({"email": "victim@example.test", "role": "user"});
        by.client.post("/organizations/current/invitations", body).await
    };
    for _ in 0..6 {
        let id = invite(&mallory).await.expect(201).json["id"]
            .as_str()
            .unwrap()
            .to_owned();
        let path = format!("/organizations/current/invitations/{id}");
        mallory.client.send(Method::DELETE, &path, None).await.expect(204);
    }
    invite(&mallory).await.expect(429);
    // By another of mallory's organizations it is the same person.
    server.organization(&mut mallory, "Mallory's second").await;
    invite(&mallory).await.expect(429);
    let mut alice = server.person("alice").await;
    server.organization(&mut alice, "Acme").await;
    invite(&alice).await.expect(201);
    // A platform admin is kept from it by nobody.
    sqlx::query("UPDATE login_throttles SET failures = 20 WHERE subject LIKE 'mails-to:%' AND subject NOT LIKE '%<%'")
        .execute(&server.owner)
        .await
        .unwrap();
    let root = server.platform_admin("root").await;
    let account = json!({"email": "victim@example.test"});
    root.client.post("/users", account).await.expect(201);
    server.stop().await;
}

#[tokio::test]
async fn another_spelling_of_an_address_counts_the_same_whether_it_is_somebodys_or_not() {
    let server = TestServer::start().await;
    server.person("alice").await;
    let client = server.anonymous();
    for name in ["alice", "nobody"] {
        for _ in 0..10 {
            sign_in(&client, &format!("{name}@example.test"), WRONG)
                .await
                .expect(401);
        }
        sign_in(&client, &format!("{name}@ｅxample.test"), WRONG)
            .await
            .expect(429);
    }
    server.stop().await;
}

#[tokio::test]
async fn one_person_founds_so_many_organizations_a_day() {
    let server = TestServer::start().await;
    let alice = server.person("alice").await;
    let found = |number: usize| {
        alice
            .client
            .post("/organizations", json!({"name": format!("Company {number}")}))
    };
    // What is refused for another reason does not count.
    for _ in 0..5 {
        alice
            .client
            .post("/organizations", json!({"name": ""}))
            .await
            .expect(422);
    }
    let answers = together((0..60).map(found)).await;
    assert_eq!((of_status(&answers, 201), of_status(&answers, 429)), (50, 10));
    let founded: i64 = sqlx::query_scalar("SELECT count(*) FROM organizations")
        .fetch_one(&server.owner)
        .await
        .unwrap();
    assert_eq!(founded, 50);
    let bob = server.person("bob").await;
    bob.client
        .post("/organizations", json!({"name": "Bob's"}))
        .await
        .expect(201);
    server.program.core.clock.advance(chrono::Duration::hours(25));
    let alice = server.sign_in("alice").await;
    alice
        .post("/organizations", json!({"name": "The next day"}))
        .await
        .expect(201);
    server.stop().await;
}

#[tokio::test]
async fn invitations_and_accounts_made_for_others_count_together_and_an_address_has_peace() {
    let server = TestServer::start().await;
    let mut owner = server.person("owner").await;
    server.organization(&mut owner, "Acme").await;
    let invite = |from: usize, count: usize| {
        let emails: Vec<String> = (from..from + count)
            .map(|number| format!("p{number}@example.test"))
            .collect();
        owner.client.post(
            "/organizations/current/invitations",
            json!({"emails": emails, "role": "user"}),
        )
    };
    for from in 0..5 {
        invite(from * 50, 50).await.expect(201);
    }
    let account = |number: usize| {
        let email = format!("q{number}@example.test");
        owner.client.post(
            "/users",
            json!({"email": email, "username": format!("q{number}"), "role": "user"}),
        )
    };
    account(0).await.expect(201);
    let refused = invite(300, 50).await.expect(429);
    assert_eq!(refused.code(), "too_many_attempts");
    invite(300, 49).await.expect(201);
    account(1).await.expect(429);
    server.stop().await;
}

#[tokio::test]
async fn many_organizations_together_leave_one_address_in_peace() {
    let server = TestServer::start().await;
    let mut sent = 0;
    for number in 0..21 {
        let mut owner = server.person(&format!("owner{number}")).await;
        let id: Uuid = server.organization(&mut owner, &format!("Company {number}")).await;
        let second = server.member(id, &format!("admin{number}"), Role::Admin).await;
        let body = json!({"emails": ["victim@example.test"], "role": "user"});
        sent += usize::from(
            second
                .client
                .post("/organizations/current/invitations", body)
                .await
                .status
                == 201,
        );
    }
    assert_eq!(sent, 20);
    server.stop().await;
}
