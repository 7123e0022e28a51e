//! The stream of live updates.

#![expect(
    clippy::disallowed_methods,
    reason = "a test holds rows locked on a connection of its own"
)]

use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use inventiv_server::permissions::Role;

use crate::harness::{Client, TestServer};
use crate::plans::INSTANCES;

/// An open stream and what was read of it.
struct Stream {
    response: reqwest::Response,
    text: String,
}

impl Stream {
    async fn open(client: &Client, query: &str) -> Self {
        let path = format!("/events/stream?{query}");
        let response = client.request(Method::GET, &path).send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self {
            response,
            text: String::new(),
        }
    }

    /// The next event: its name and data.
    async fn next(&mut self) -> (String, Value) {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let field = |name: &str| {
                    event
                        .lines()
                        .find_map(|line| line.strip_prefix(name))
                        .map(str::to_owned)
                };
                let found = field("event: ").zip(field("data: "));
                self.text = rest.to_owned();
                match found {
                    Some((name, data)) => return (name, serde_json::from_str(&data).unwrap()),
                    None => continue,
                }
            }
            let chunk = tokio::time::timeout(std::time::Duration::from_secs(60), self.response.chunk());
            let chunk = chunk.await.expect("nothing came").unwrap().expect("the stream ended");
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    /// The next event about one topic; "anything may have changed" is no answer to what a test wants to know.
    async fn next_about(&mut self, topic: &str) -> Value {
        loop {
            let (name, data) = self.next().await;
            assert_eq!(name, "change", "{data}");
            if data["topic"] == topic {
                return data["id"].clone();
            }
        }
    }

    /// Why the stream ends, and that it does.
    async fn closed(mut self) -> String {
        loop {
            let (name, data) = self.next().await;
            if name == "closed" {
                while let Some(rest) = self.response.chunk().await.unwrap() {
                    self.text.push_str(std::str::from_utf8(&rest).unwrap());
                }
                assert_eq!(self.text, "", "nothing follows the last word");
                return data["reason"].as_str().unwrap().to_owned();
            }
        }
    }
}

fn model(model_id: &str) -> Value {
    json!({"name": "Ours", "model_id": model_id, "engine": "mock", "required_vram_gb": 0, "context_length": 4096})
}

#[tokio::test]
async fn a_change_is_told_to_its_workspace_and_to_no_other() {
    let server = TestServer::start().await;
    let mut owner = server.person("owner").await;
    let acme = server.organization(&mut owner, "Acme").await;
    let user = server.member(acme, "user", Role::User).await;
    let mut rival = server.person("rival").await;
    server.organization(&mut rival, "Globex").await;
    let mut theirs = Stream::open(&user.client, &format!("topics=instances,models&workspace={acme}")).await;
    let mut others = Stream::open(&rival.client, "topics=models").await;

    let made = owner.client.post("/models", model("acme/tiny")).await.expect(201).json["id"].clone();
    assert_eq!(theirs.next_about("models").await, made);
    // The rival's first news about models is of the rival's own.
    let own = rival
        .client
        .post("/models", model("globex/tiny"))
        .await
        .expect(201)
        .json["id"]
        .clone();
    assert_eq!(others.next_about("models").await, own);
    // The public catalogue is everybody's.
    let admin = server.platform_admin("root").await;
    let public = admin
        .client
        .post("/models", model("public/tiny"))
        .await
        .expect(201)
        .json["id"]
        .clone();
    assert_eq!(theirs.next_about("models").await, public);
    assert_eq!(others.next_about("models").await, public);
}

#[tokio::test]
async fn another_name_of_an_instance_is_told_to_its_workspace() {
    let server = TestServer::start().await;
    let mut owner = server.person("owner").await;
    let acme = server.organization(&mut owner, "Acme").await;
    let user = server.member(acme, "user", Role::User).await;
    sqlx::query(INSTANCES)
        .bind(acme)
        .bind(1)
        .execute(&server.owner)
        .await
        .unwrap();
    let id = owner.client.get("/instances").await.expect(200).json["items"][0]["id"].clone();
    let mut stream = Stream::open(&user.client, &format!("topics=instances&workspace={acme}")).await;
    let path = format!("/instances/{}", id.as_str().unwrap());
    owner
        .client
        .patch(&path, json!({"name": "Chat for support"}))
        .await
        .expect(200);
    assert_eq!(stream.next_about("instances").await, id);
}

#[tokio::test]
async fn a_stream_for_another_workspace_or_an_unknown_topic_is_refused() {
    let server = TestServer::start().await;
    let person = server.person("person").await;
    let elsewhere = format!("/events/stream?workspace={}", Uuid::from_u128(4));
    assert_eq!(
        person.client.get(&elsewhere).await.expect(409).code(),
        "workspace_changed"
    );
    let unknown = person.client.get("/events/stream?topics=weather").await.expect(422);
    assert_eq!(unknown.json["errors"][0]["field"], "topics");
    server.anonymous().get("/events/stream").await.expect(401);
}

#[tokio::test]
async fn a_stream_ends_with_its_session() {
    let server = TestServer::start().await;
    let person = server.person("person").await;
    let stream = Stream::open(&person.client, "workspace=personal").await;
    let other = server.sign_in("person").await;
    other.post("/auth/sessions/revoke_others", json!({})).await;
    assert_eq!(stream.closed().await, "session_ended");
}

#[tokio::test]
async fn a_stream_ends_when_its_session_moves_and_the_other_sessions_stay() {
    let server = TestServer::start().await;
    let mut owner = server.person("owner").await;
    let acme = server.organization(&mut owner, "Acme").await;
    let stays = server.sign_in("owner").await.switch_to(Some(acme)).await;
    let mut staying = Stream::open(&stays, "topics=models").await;
    let moving = Stream::open(&owner.client, "").await;
    owner.client = owner.client.switch_to(None).await;
    assert_eq!(moving.closed().await, "workspace_changed");
    let made = stays.post("/models", model("acme/tiny")).await.expect(201).json["id"].clone();
    assert_eq!(staying.next_about("models").await, made);
}

#[tokio::test]
async fn a_stream_ends_when_the_role_or_the_membership_does() {
    let server = TestServer::start().await;
    let mut owner = server.person("owner").await;
    let acme = server.organization(&mut owner, "Acme").await;
    for (statement, reason) in [
        (
            "UPDATE organization_memberships SET role = 'user' WHERE user_id = $1",
            "role_changed",
        ),
        (
            "DELETE FROM organization_memberships WHERE user_id = $1",
            "workspace_changed",
        ),
    ] {
        let member = server.member(acme, reason, Role::Admin).await;
        let stream = Stream::open(&member.client, "").await;
        let mut tx = server.owner.begin().await.unwrap();
        sqlx::query(statement).bind(member.id).execute(&mut *tx).await.unwrap();
        let news = json!({"topic": "members", "tenant": acme, "id": member.id}).to_string();
        sqlx::query("SELECT pg_notify('inventiv', $1)")
            .bind(news)
            .execute(&mut *tx)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        assert_eq!(stream.closed().await, reason);
    }
}

#[tokio::test]
async fn streams_end_when_the_program_stops() {
    let server = TestServer::start().await;
    let person = server.person("person").await;
    let stream = Stream::open(&person.client, "").await;
    let (reason, ()) = tokio::join!(stream.closed(), server.stop());
    assert_eq!(reason, "server_stopping");
}
