//! Limits that hold when many try at once, and whatever names or addresses they vary.

use inventiv_server::permissions::Role;
use serde_json::json;
use uuid::Uuid;

use crate::harness::{Answer, Client, PASSWORD, TestServer};

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
    // Sixty of one client: a counter and a job each, the client's and the counter of all.
    assert_eq!(rows, (62, 60));
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
