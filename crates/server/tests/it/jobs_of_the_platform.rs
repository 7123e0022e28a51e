//! The platform's look at its queues, and its second try.

use inventiv_server::plumbing::db::SystemReason;
use inventiv_server::plumbing::jobs::{self, Job};
use serde_json::{Value, json};

use crate::harness::{Client, TestServer, eventually};

/// Nobody does jobs of this kind here, so that they stay as they are.
struct Nobodys;

impl Job for Nobodys {
    const KIND: &'static str = "nobodys";
    const REASON: SystemReason = SystemReason::Jobs;
    type Payload = Value;

    async fn run(
        &self,
        _: &mut inventiv_server::plumbing::db::SystemTx,
        _: Value,
    ) -> inventiv_server::error::Result<()> {
        Ok(())
    }
}

async fn enqueue(server: &TestServer, key: Option<&str>) {
    let core = &server.program.core;
    let mut tx = core.db.system(SystemReason::Jobs).await.unwrap();
    jobs::enqueue::<Nobodys>(tx.conn(), &json!({"email": "ann@example.test"}), key, core.clock.now())
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

async fn give_up(server: &TestServer) {
    sqlx::query("UPDATE jobs SET state = 'dead', attempts = 12, last_error = 'panicked', finished_at = now() WHERE kind = 'nobodys'")
        .execute(&server.owner)
        .await
        .unwrap();
}

async fn list(client: &Client, query: &str) -> Value {
    let answer = client.get(&format!("/platform/jobs{query}")).await.expect(200);
    assert!(!answer.text.contains("example.test"), "names nobody: {}", answer.text);
    answer.json
}

#[tokio::test]
async fn a_platform_admin_sees_what_was_given_up_and_retries_it() {
    let server = TestServer::start().await;
    let admin = server.platform_admin("admin").await;
    enqueue(&server, None).await;
    let waiting = &list(&admin.client, "?state=waiting").await["items"][0];
    assert_eq!(
        (&waiting["kind"], &waiting["can_be_retried"]),
        (&json!("nobodys"), &json!(false))
    );
    let path = format!("/platform/jobs/{}/retry", waiting["id"].as_str().unwrap());
    assert_eq!(admin.client.post(&path, json!({})).await.expect(409).code(), "not_dead");

    give_up(&server).await;
    let dead = &list(&admin.client, "?state=dead").await["items"][0];
    assert_eq!(
        (&dead["attempts"], &dead["last_error"]),
        (&json!(12), &json!("panicked"))
    );
    assert_eq!(
        (&dead["can_be_retried"], &dead["next_attempt_at"]),
        (&json!(true), &Value::Null)
    );
    let retried = admin.client.post(&path, json!({})).await.expect(200).json;
    assert_eq!(
        (&retried["state"], &retried["attempts"]),
        (&json!("waiting"), &json!(0))
    );
    assert_eq!(list(&admin.client, "?state=dead").await["items"], json!([]));

    let log = admin.client.get("/audit_log?action=job.retry").await.expect(200).json;
    let entry = &log["items"][0];
    assert_eq!(
        (&entry["chain"], &entry["target_type"]),
        (&json!("platform"), &json!("job"))
    );
    assert_eq!(
        entry["before"],
        json!({"kind": "nobodys", "attempts": 12, "last_error": "panicked"})
    );
    admin
        .client
        .post("/platform/jobs/00000000-0000-4000-8000-000000000000/retry", json!({}))
        .await
        .expect(404);
}

#[tokio::test]
async fn mails_are_shown_without_their_recipients_and_cannot_be_retried() {
    let server = TestServer::start().await;
    let admin = server.platform_admin("admin").await;
    let ask = json!({"email": admin.email});
    server
        .anonymous()
        .post("/auth/password-reset/request", ask)
        .await
        .expect(202);
    let mail = eventually("the mail is out", async || {
        let done = list(&admin.client, "?state=done").await;
        let kinds: Vec<_> = done["items"]
            .as_array()?
            .iter()
            .map(|job| job["kind"].as_str())
            .collect();
        (kinds == [Some("mail.password_reset"), Some("password_request")]).then(|| done["items"][0].clone())
    })
    .await;
    sqlx::query("UPDATE outbox SET sent_at = NULL, failed_at = now(), last_error = 'smtp 550'")
        .execute(&server.owner)
        .await
        .unwrap();
    let dead = list(&admin.client, "?state=dead").await["items"][0].clone();
    assert_eq!((&dead["id"], &dead["last_error"]), (&mail["id"], &json!("smtp 550")));
    assert_eq!(dead["can_be_retried"], json!(false));
    let path = format!("/platform/jobs/{}/retry", dead["id"].as_str().unwrap());
    assert_eq!(
        admin.client.post(&path, json!({})).await.expect(409).code(),
        "mail_forgotten"
    );
}

#[tokio::test]
async fn the_list_has_pages_and_refuses_what_it_does_not_know() {
    let server = TestServer::start().await;
    let admin = server.platform_admin("admin").await;
    for _ in 0..3 {
        enqueue(&server, None).await;
    }
    let first = list(&admin.client, "?limit=2").await;
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = list(&admin.client, &format!("?limit=2&cursor={cursor}")).await;
    let ids = |page: &Value| -> Vec<String> {
        let items = page["items"].as_array().unwrap().iter();
        items.map(|job| job["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!((ids(&first).len(), ids(&second).len()), (2, 1));
    assert!(ids(&first).iter().all(|id| !ids(&second).contains(id)));
    assert_eq!(second["next_cursor"], Value::Null);
    admin.client.get("/platform/jobs?state=lost").await.expect(422);
}

#[tokio::test]
async fn a_retry_beside_the_same_work_is_refused() {
    let server = TestServer::start().await;
    let admin = server.platform_admin("admin").await;
    enqueue(&server, Some("key")).await;
    give_up(&server).await;
    let dead = list(&admin.client, "?state=dead").await["items"][0].clone();
    enqueue(&server, Some("key")).await;
    let path = format!("/platform/jobs/{}/retry", dead["id"].as_str().unwrap());
    assert_eq!(
        admin.client.post(&path, json!({})).await.expect(409).code(),
        "already_queued"
    );
}
