//! What one person does in several places at the same moment.

use futures_util::future::{BoxFuture, join_all};
use inventiv_server::permissions::Role;
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, Client, PASSWORD, TestServer};

const ROUNDS: usize = 8;

type Act = BoxFuture<'static, Answer>;

/// A person's acts in two sessions at once, several times over. Each is carried out or refused for a reason; none fails for
/// having met another. Gives the statuses of each round, sorted.
async fn meet(acts: impl Fn(Client, Client) -> Vec<Act>) -> Vec<Vec<u16>> {
    let server = TestServer::start().await;
    let mut rounds = Vec::new();
    for round in 0..ROUNDS {
        let login = format!("alice{round}");
        let first = server.person(&login).await.client;
        let body = json!({"login": login, "password": PASSWORD, "transport": "bearer"});
        let answer = server.anonymous().post("/auth/login", body).await.expect(200);
        let second = server.anonymous().with_token(answer.json["token"].as_str().unwrap());
        let answers = join_all(acts(first, second)).await;
        for answer in &answers {
            assert!(answer.status < 500, "round {round}: {} {}", answer.status, answer.text);
        }
        let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
        statuses.sort_unstable();
        rounds.push(statuses);
    }
    server.stop().await;
    rounds
}

fn put(client: &Client, path: &'static str, body: Value) -> Act {
    let client = client.clone();
    Box::pin(async move { client.put(path, body).await })
}

fn post(client: &Client, path: &'static str, body: Value) -> Act {
    let client = client.clone();
    Box::pin(async move { client.post(path, body).await })
}

#[tokio::test]
async fn profile_changes_take_turns() {
    let rounds = meet(|first, second| {
        [(&first, "Ada"), (&first, "Ida"), (&second, "Eda"), (&second, "Oda")]
            .map(|(client, name)| put(client, "/auth/me", json!({"first_name": name})))
            .into()
    })
    .await;
    assert_eq!(rounds, [[200; 4]; ROUNDS]);
}

#[tokio::test]
async fn of_two_new_passwords_one_counts() {
    let change = |client: &Client, new: &str| {
        let body = json!({"current_password": PASSWORD, "new_password": new});
        put(client, "/auth/me/password", body)
    };
    let rounds = meet(|first, second| {
        vec![
            change(&first, "one more good password"),
            change(&second, "yet another good one"),
            put(&second, "/auth/me", json!({"first_name": "Ada"})),
        ]
    })
    .await;
    for statuses in rounds {
        let changed = statuses.iter().filter(|status| **status == 204).count();
        assert_eq!(changed, 1, "{statuses:?}");
    }
}

#[tokio::test]
async fn sessions_that_end_each_other_take_turns() {
    let rounds = meet(|first, second| {
        [first, second]
            .map(|client| post(&client, "/auth/sessions/revoke_others", json!({})))
            .into()
    })
    .await;
    // Whoever comes second was signed out by the first.
    assert_eq!(rounds, [[200, 401]; ROUNDS]);
}

#[tokio::test]
async fn moves_of_one_session_take_turns() {
    let to_personal = || json!({"organization_id": null});
    let rounds = meet(|first, _| {
        let mut acts: Vec<Act> = (0..4)
            .map(|_| put(&first, "/organizations/current", to_personal()))
            .collect();
        acts.push(post(&first, "/auth/refresh", json!({})));
        acts.push(post(&first, "/auth/me/totp", json!({})));
        acts
    })
    .await;
    for statuses in rounds {
        assert!(statuses.contains(&200), "{statuses:?}");
    }
}

#[tokio::test]
async fn signing_out_meets_everything() {
    meet(|first, second| {
        vec![
            post(&first, "/auth/logout", json!({})),
            post(&first, "/auth/logout", json!({})),
            post(&first, "/auth/sessions/revoke_others", json!({})),
            post(&second, "/auth/sessions/revoke_others", json!({})),
            put(&first, "/auth/me", json!({"first_name": "Ada"})),
            post(
                &second,
                "/auth/me/email",
                json!({"email": "ada@new.test", "password": PASSWORD}),
            ),
            post(&second, "/auth/refresh", json!({})),
            put(&second, "/organizations/current", json!({"organization_id": null})),
        ]
    })
    .await;
}

#[tokio::test]
async fn two_organizations_are_left_or_ended_at_once_and_a_third_stays_remembered() {
    let server = TestServer::start().await;
    for round in 0..ROUNDS {
        let mut owner = server.person(&format!("owner{round}")).await;
        let left = server.organization(&mut owner, &format!("Left {round}")).await;
        let mut alice = server.member(left, &format!("alice{round}"), Role::User).await;
        let leaver = alice.client.clone();
        alice.client = server.sign_in(&alice.email).await;
        let (ended_name, stays_name) = (format!("Ended {round}"), format!("Stays {round}"));
        let ended = server.organization(&mut alice, &ended_name).await;
        let slug = alice.client.get("/organizations/current").await.expect(200).json["slug"].clone();
        let ender = alice.client.clone();
        alice.client = server.sign_in(&alice.email).await;
        let stays = server.organization(&mut alice, &stays_name).await;

        let (leaves, ends) = tokio::join!(
            leaver.post("/organizations/current/leave", json!({})),
            ender.send(Method::DELETE, "/organizations/current", Some(json!({"slug": slug}))),
        );
        assert_eq!(
            (leaves.status, ends.status),
            (200, 200),
            "{left} {ended}: {} {}",
            leaves.text,
            ends.text
        );
        let body = json!({"login": alice.email, "password": PASSWORD, "transport": "bearer"});
        let again = server.anonymous().post("/auth/login", body).await.expect(200);
        assert_eq!(again.json["current_organization_id"], json!(stays));
    }
    server.stop().await;
}

#[tokio::test]
async fn of_many_right_passwords_at_once_none_fails_and_none_is_counted() {
    let server = TestServer::start().await;
    let first = server.person("alice").await.client;
    let bob = server.person("bob").await.client;
    for round in 0..ROUNDS {
        let acts = (0..40).map(|number| {
            let client = if number % 2 == 0 { &first } else { &bob };
            post(client, "/auth/reauthenticate", json!({"password": PASSWORD}))
        });
        let answers = join_all(acts).await;
        assert!(
            answers
                .iter()
                .any(|answer| answer.status == 200 || answer.status == 204)
        );
        for answer in answers {
            assert!(answer.status < 500, "round {round}: {} {}", answer.status, answer.text);
        }
        let left: Option<i64> =
            sqlx::query_scalar("SELECT sum(failures) FROM login_throttles WHERE subject LIKE 'password%'")
                .fetch_one(&server.owner)
                .await
                .unwrap();
        assert_eq!(left, None, "round {round}");
    }
    server.stop().await;
}
