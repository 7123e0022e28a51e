//! The outbox and what leaves it.

use std::time::Duration;

use chrono::TimeDelta;
use inventiv_server::plumbing::db::{PoolSizes, SystemReason};
use inventiv_server::plumbing::mail::{Mail, Template, enqueue};
use serde_json::json;
use sqlx::Row as _;

use crate::harness::{Fault, SmtpSink, TestServer, Tls, eventually};

async fn server_with(sink: &SmtpSink) -> TestServer {
    let directory = tempfile::tempdir().unwrap();
    TestServer::start_with(|config| sink.configure(config, directory.path())).await
}

async fn send(server: &TestServer, recipient: &str) {
    let mut tx = server.program.core.db.system(SystemReason::MailDelivery).await.unwrap();
    let mail = Mail {
        template: Template::PasswordReset,
        recipient,
        fallback_locale: "en",
        parameters: json!({"link": "http://inventiv.test/app/reset-password#token=s3cret", "minutes": 60}),
        expires_at: Some(server.program.core.clock.now() + TimeDelta::hours(1)),
    };
    enqueue(tx.conn(), mail, server.program.core.clock.now()).await.unwrap();
    tx.commit().await.unwrap();
    server.program.core.mail.now();
}

/// The one mail's `(sent, failed, attempts, last_error, forgotten)`.
type Outcome = (bool, bool, i32, Option<String>, bool);

/// Waits for the end of an attempt.
async fn until_attempted(server: &TestServer, attempts: i32) -> Outcome {
    eventually(&format!("attempt {attempts} is over"), async || {
        let row = sqlx::query(
            "SELECT sent_at IS NOT NULL AS sent, failed_at IS NOT NULL AS failed, attempts, last_error, parameters IS NULL AS forgotten
             FROM outbox WHERE attempts = $1 AND lease_owner IS NULL",
        )
        .bind(attempts)
        .fetch_optional(&server.owner)
        .await
        .unwrap()?;
        Some((row.get(0), row.get(1), row.get(2), row.get(3), row.get(4)))
    })
    .await
}

#[tokio::test]
async fn a_queued_mail_arrives_once_with_text_and_html_and_is_then_forgotten() {
    let sink = SmtpSink::start().await;
    let server = server_with(&sink).await;
    send(&server, "ann@example.test").await;
    let mail = sink.mail_to("ann@example.test", 1).await;
    assert_eq!(mail.subject(), "Choose a new Inventiv password");
    assert_eq!(mail.header("From"), "Inventiv <no-reply@inventiv.test>");
    assert_eq!(mail.header("Auto-Submitted"), "auto-generated");
    assert_eq!(mail.token(), "s3cret");
    assert!(mail.html().contains("#token=s3cret\""));
    assert_eq!(until_attempted(&server, 1).await, (true, false, 1, None, true));
    assert_eq!(sink.received().len(), 1);
}

#[tokio::test]
async fn a_mail_is_in_the_language_of_its_recipient() {
    let sink = SmtpSink::start().await;
    let server = server_with(&sink).await;
    let ann = server.person("ann").await;
    ann.client.put("/auth/me", json!({"locale": "fr"})).await.expect(200);
    send(&server, &ann.email).await;
    let mail = sink.mail_to(&ann.email, 1).await;
    assert_eq!(mail.subject(), "Choisissez un nouveau mot de passe Inventiv");
    assert!(mail.text().contains("Quelqu'un, sans doute vous, a demandé"));
}

#[tokio::test]
async fn a_mail_that_is_not_taken_now_is_tried_again_later_as_the_same_mail() {
    let sink = SmtpSink::start().await;
    let server = server_with(&sink).await;
    sink.fail([Fault::Refuse(450), Fault::HangUp]);
    send(&server, "ann@example.test").await;
    let refused = until_attempted(&server, 1).await;
    assert_eq!(refused, (false, false, 1, Some("smtp 450".to_owned()), false));
    server.program.core.clock.advance(TimeDelta::seconds(16));
    server.program.core.mail.now();
    let cut = until_attempted(&server, 2).await;
    assert_eq!((cut.0, cut.1), (false, false));
    server.program.core.clock.advance(TimeDelta::seconds(31));
    server.program.core.mail.now();
    let mail = sink.mail_to("ann@example.test", 1).await;
    assert_eq!(until_attempted(&server, 3).await, (true, false, 3, None, true));
    let id: uuid::Uuid = sqlx::query_scalar("SELECT id FROM outbox")
        .fetch_one(&server.owner)
        .await
        .unwrap();
    assert_eq!(mail.header("Message-ID"), format!("<{id}@inventiv.test>"));
}

#[tokio::test]
async fn a_mail_that_will_never_be_taken_becomes_a_dead_letter_without_its_link() {
    let sink = SmtpSink::start().await;
    let server = server_with(&sink).await;
    sink.fail([Fault::Refuse(550)]);
    send(&server, "gone@example.test").await;
    assert_eq!(
        until_attempted(&server, 1).await,
        (false, true, 1, Some("smtp 550".to_owned()), true)
    );
}

#[tokio::test]
async fn our_own_access_to_the_mail_server_is_not_the_mails_fault() {
    let sink = SmtpSink::start().await;
    let server = server_with(&sink).await;
    sink.fail([Fault::Refuse(535)]);
    send(&server, "ann@example.test").await;
    assert_eq!(
        until_attempted(&server, 1).await,
        (false, false, 1, Some("smtp 535".to_owned()), false)
    );
}

#[tokio::test]
async fn a_mail_that_is_out_of_date_is_not_sent_anymore() {
    let sink = SmtpSink::start().await;
    let server = server_with(&sink).await;
    sink.fail([Fault::Refuse(450)]);
    send(&server, "ann@example.test").await;
    until_attempted(&server, 1).await;
    server.program.core.clock.advance(TimeDelta::minutes(61));
    server.program.core.mail.now();
    let outcome = until_attempted(&server, 2).await;
    assert_eq!(outcome, (false, true, 2, Some("out of date".to_owned()), true));
    assert_eq!(sink.attempts(), 1);
}

#[tokio::test]
async fn attempts_end_some_time() {
    let sink = SmtpSink::start().await;
    let server = server_with(&sink).await;
    sink.fail(std::iter::repeat_n(Fault::Refuse(450), 20));
    sqlx::query("ALTER TABLE outbox ALTER COLUMN attempts SET DEFAULT 12")
        .execute(&server.owner)
        .await
        .unwrap();
    send(&server, "ann@example.test").await;
    assert!(!until_attempted(&server, 13).await.1);
    server.program.core.clock.advance(TimeDelta::minutes(41));
    server.program.core.mail.now();
    let outcome = until_attempted(&server, 14).await;
    assert_eq!((outcome.0, outcome.1, outcome.4), (false, true, true));
}

#[tokio::test]
async fn several_replicas_send_each_mail_once_even_when_the_server_is_slow() {
    let sink = SmtpSink::start().await;
    let directory = tempfile::tempdir().unwrap();
    let first = server_with(&sink).await;
    let options = (*first.owner.connect_options()).clone();
    let second = TestServer::start_on(options, PoolSizes { app: 4, system: 4 }, |config| {
        sink.configure(config, directory.path());
    })
    .await;
    sink.fail(std::iter::repeat_n(Fault::Slow(Duration::from_millis(300)), 4));
    for number in 0..10 {
        send(&first, &format!("person{number}@example.test")).await;
        second.program.core.mail.now();
    }
    eventually("all mails are sent", async || {
        let open: i64 = sqlx::query_scalar("SELECT count(*) FROM outbox WHERE sent_at IS NULL")
            .fetch_one(&first.owner)
            .await
            .unwrap();
        (open == 0).then_some(())
    })
    .await;
    assert_eq!(sink.received().len(), 10);
}

#[tokio::test]
async fn a_mail_whose_sender_died_is_sent_by_another_once_the_lease_is_over() {
    let sink = SmtpSink::start().await;
    let server = server_with(&sink).await;
    sqlx::query("ALTER TABLE outbox ALTER COLUMN lease_until SET DEFAULT 'infinity'")
        .execute(&server.owner)
        .await
        .unwrap();
    send(&server, "ann@example.test").await;
    sqlx::query("UPDATE outbox SET lease_until = $1")
        .bind(server.program.core.clock.now() + TimeDelta::minutes(3))
        .execute(&server.owner)
        .await
        .unwrap();
    server.program.core.mail.now();
    server.program.core.clock.advance(TimeDelta::minutes(4));
    server.program.core.mail.now();
    sink.mail_to("ann@example.test", 1).await;
    assert!(until_attempted(&server, 1).await.0);
}

#[tokio::test]
async fn mails_and_passwords_go_over_tls_where_the_settings_say_so() {
    for tls in [Tls::Upgrade, Tls::Implicit] {
        let sink = SmtpSink::start_with(tls).await;
        let directory = tempfile::tempdir().unwrap();
        let server = TestServer::start_with(|config| {
            sink.configure(config, directory.path());
            config.smtp_username = Some("project".to_owned());
            config.smtp_password = Some("hunter2".to_owned());
        })
        .await;
        send(&server, "ann@example.test").await;
        let mail = sink.mail_to("ann@example.test", 1).await;
        assert!(mail.encrypted, "{tls:?}");
        assert_eq!(
            mail.credentials,
            Some(("project".to_owned(), "hunter2".to_owned())),
            "{tls:?}"
        );
    }
}

#[tokio::test]
async fn a_server_without_the_promised_protection_gets_nothing() {
    let sink = SmtpSink::start().await;
    let untrusted = SmtpSink::start_with(Tls::Implicit).await;
    let directory = tempfile::tempdir().unwrap();
    for (sink, what) in [(&sink, "no STARTTLS offered"), (&untrusted, "unknown authority")] {
        let server = TestServer::start_with(|config| {
            sink.configure(config, directory.path());
            config.smtp_ca_file = None;
            config.smtp_url = config
                .smtp_url
                .take()
                .map(|url| url.replace("?starttls=opportunistic", ""));
        })
        .await;
        send(&server, "ann@example.test").await;
        let outcome = until_attempted(&server, 1).await;
        assert!(!outcome.0 && !outcome.1, "{what}: {outcome:?}");
        assert!(sink.received().is_empty(), "{what}");
    }
}

#[tokio::test]
async fn without_a_mail_server_mails_become_files_only_the_program_can_read() {
    use std::os::unix::fs::PermissionsExt as _;
    let server = TestServer::start().await;
    send(&server, "ann@example.test").await;
    until_attempted(&server, 1).await;
    let files: Vec<_> = std::fs::read_dir(server.data_dir.path().join("mail"))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let [file] = &files[..] else { panic!("{files:?}") };
    assert!(file.path().extension().is_some_and(|extension| extension == "eml"));
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let content = std::fs::read_to_string(file.path()).unwrap();
    assert!(content.contains("To: ann@example.test"), "{content}");
}

#[tokio::test]
async fn requests_cannot_read_the_outbox() {
    let server = TestServer::start().await;
    let mut auth = server.program.core.db.auth().await.unwrap();
    let refused = sqlx::query("SELECT * FROM outbox").fetch_optional(auth.conn()).await;
    assert!(refused.is_err_and(|error| error.to_string().contains("permission denied")));
}

#[tokio::test]
async fn names_that_look_like_links_are_refused_and_older_ones_are_in_no_mail() {
    let sink = SmtpSink::start().await;
    let server = server_with(&sink).await;
    let mut ann = server.person("ann").await;
    server.organization(&mut ann, "Acme").await;
    for name in [
        "=?utf-8?B?aHR0cHM6Ly9ldmlsLmNvbS9sb2dpbg==?=",
        "evil.com—log in here",
        "203.0.113.7/login",
    ] {
        let refused = ann.client.patch("/organizations/current", json!({"name": name})).await;
        assert_eq!(refused.expect(422).json["errors"][0]["code"], "link", "{name}");
    }
    let username = json!({"username": "www.evil-site.com"});
    let refused = ann.client.put("/auth/me", username).await.expect(422);
    assert_eq!(
        (&refused.json["errors"][0]["field"], &refused.json["errors"][0]["code"]),
        (&json!("username"), &json!("link"))
    );
    let account = json!({"email": "bob@example.test", "username": "www.evil.com", "role": "user"});
    ann.client.post("/users", account).await.expect(422);

    // From before the check.
    sqlx::query("UPDATE users SET username = 'www.evil-site.com', first_name = '', last_name = ''")
        .execute(&server.owner)
        .await
        .unwrap();
    sqlx::query("UPDATE organizations SET name = 'evil.com'")
        .execute(&server.owner)
        .await
        .unwrap();
    ann.client.put("/auth/me", json!({"locale": "en"})).await.expect(200);
    let invitation = json!({"email": "bob@example.test", "role": "user"});
    ann.client
        .post("/organizations/current/invitations", invitation)
        .await
        .expect(201);
    let mail = sink.mail_to("bob@example.test", 1).await;
    assert_eq!(mail.subject(), "Somebody invites you to an organization");
    assert!(!mail.text().contains("evil") && !mail.html().contains("evil"));
    let account = json!({"email": "first.last@example.test", "role": "user"});
    let made = ann.client.post("/users", account).await.expect(201);
    assert_eq!(made.json["username"], "first.last");
    let mail = sink.mail_to("first.last@example.test", 1).await;
    assert!(mail.text().contains("You sign in with this address.") && !mail.text().contains("first.last"));
    server.stop().await;
}
