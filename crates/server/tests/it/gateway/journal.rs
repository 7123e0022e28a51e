//! From the journal to the table: once, whatever happens in between.

use inventiv_server::features::usage::{Journal, Outcome, UsageEvent, Writer, retry_refused};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::harness::TestServer;

fn event(server: &TestServer, number: u128) -> UsageEvent {
    let now = server.program.core.clock.now();
    UsageEvent {
        request_id: Uuid::from_u128(number),
        started_at: now,
        finished_at: now,
        consumer_tenant: Uuid::from_u128(1),
        consumer_organization_id: None,
        consumer_user_id: None,
        api_key_id: None,
        api_key_name: None,
        provider_tenant: Uuid::nil(),
        instance_id: Uuid::from_u128(2),
        model_tenant: Uuid::nil(),
        model_id: Uuid::from_u128(3),
        model_name: "m".to_owned(),
        uncached_input_tokens: 10,
        cached_input_tokens: 0,
        output_tokens: 20,
        reasoning_tokens: 0,
        estimated: false,
        price_id: None,
        charge_eur: Decimal::ZERO,
        outcome: Outcome::Complete,
        http_status: 200,
        streamed: false,
        latency_ms: 3,
        first_token_ms: None,
    }
}

fn writer(server: &TestServer, journal: Journal) -> Writer {
    let core = &server.program.core;
    Writer::new(core.db.clone(), core.clock.clone(), journal)
}

async fn table(server: &TestServer) -> Vec<(Uuid, i64)> {
    sqlx::query_as("SELECT request_id, output_tokens FROM inference_usage ORDER BY request_id")
        .fetch_all(&server.owner)
        .await
        .unwrap()
}

#[tokio::test]
async fn replaying_a_journal_twice_changes_nothing() {
    let server = TestServer::start().await;
    let directory = tempfile::tempdir().unwrap();
    let journal = Journal::open(directory.path()).unwrap();
    for number in 1..=700 {
        journal.append(&event(&server, number));
    }
    for _ in 0..2 {
        // Begins at the oldest record: the growing segment is still there.
        let mut writer = writer(&server, journal.clone());
        let mut written = 0;
        loop {
            match writer.ship().await.unwrap() {
                0 => break,
                count => written += count,
            }
        }
        assert_eq!(written, 700);
        assert_eq!(table(&server).await.len(), 700);
    }
    let mut writer = writer(&server, journal.clone());
    writer.ship_everything().await;
    drop((writer, journal));
    let journal = Journal::open(directory.path()).unwrap();
    assert_eq!(journal.backlog(), 0);
}

#[tokio::test]
async fn an_event_that_comes_back_changed_is_not_taken() {
    let server = TestServer::start().await;
    let directory = tempfile::tempdir().unwrap();
    let journal = Journal::open(directory.path()).unwrap();
    let original = event(&server, 1);
    let forged = UsageEvent {
        output_tokens: 1,
        ..original.clone()
    };
    journal.append(&original);
    let mut writer = writer(&server, journal.clone());
    writer.ship().await.unwrap();
    let conflicts = async || {
        let mut tx = server
            .program
            .core
            .db
            .system(inventiv_server::plumbing::db::SystemReason::Metering)
            .await
            .unwrap();
        let batch = journal.read(journal.start().unwrap(), 10).unwrap();
        inventiv_server::features::usage::conflicting(&mut tx, &batch.events)
            .await
            .unwrap()
    };
    assert!(conflicts().await.is_empty());
    journal.append(&forged);
    assert_eq!(writer.ship().await.unwrap(), 1);
    assert_eq!(conflicts().await, [Uuid::from_u128(1)]);
    assert_eq!(table(&server).await, [(Uuid::from_u128(1), 20)]);
}

#[tokio::test]
async fn one_event_the_database_refuses_does_not_hold_up_the_others_and_is_kept() {
    let server = TestServer::start().await;
    let directory = tempfile::tempdir().unwrap();
    let journal = Journal::open(directory.path()).unwrap();
    journal.append(&event(&server, 1));
    let odd = UsageEvent {
        output_tokens: -1,
        ..event(&server, 2)
    };
    journal.append(&odd);
    journal.append(&event(&server, 3));
    let refused = journal.refused();
    writer(&server, journal.clone()).ship().await.unwrap();
    let ids: Vec<u128> = table(&server).await.iter().map(|(id, _)| id.as_u128()).collect();
    assert_eq!(ids, [1, 3]);
    let kept = refused.list().unwrap();
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0].event, odd);
    assert!(kept[0].reason.contains("output_tokens"), "{}", kept[0].reason);

    // A crash before the segment was deleted: it is read, and refused, again, and is one event all the same.
    drop(journal);
    let journal = Journal::open(directory.path()).unwrap();
    writer(&server, journal).ship_everything().await;
    assert_eq!(refused.list().unwrap().len(), 1);
}

#[tokio::test]
async fn what_was_refused_is_counted_once_when_the_cause_is_gone_however_often_it_is_tried() {
    let server = TestServer::start().await;
    let directory = tempfile::tempdir().unwrap();
    let journal = Journal::open(directory.path()).unwrap();
    let refuse = |condition: &'static str| {
        let statement = format!("ALTER TABLE inference_usage ADD CONSTRAINT odd CHECK ({condition}) NOT VALID");
        let owner = server.owner.clone();
        async move {
            sqlx::query(sqlx::AssertSqlSafe(statement))
                .execute(&owner)
                .await
                .unwrap()
        }
    };
    refuse("output_tokens <> 20").await;
    journal.append(&event(&server, 1));
    journal.append(&event(&server, 2));
    writer(&server, journal.clone()).ship_everything().await;
    assert!(table(&server).await.is_empty());
    let (db, refused) = (&server.program.core.db, journal.refused());
    let again = retry_refused(db, &refused).await.unwrap();
    assert_eq!((again.written, again.refused.len()), (0, 2));

    sqlx::query("ALTER TABLE inference_usage DROP CONSTRAINT odd")
        .execute(&server.owner)
        .await
        .unwrap();
    refuse("request_id <> '00000000-0000-0000-0000-000000000002'").await;
    let some = retry_refused(db, &refused).await.unwrap();
    assert_eq!((some.written, some.refused.len()), (1, 1));
    assert_eq!(refused.list().unwrap()[0].event, some.refused[0].event);

    sqlx::query("ALTER TABLE inference_usage DROP CONSTRAINT odd")
        .execute(&server.owner)
        .await
        .unwrap();
    // A crash before the file was written anew: the same is tried twice.
    let before = std::fs::read(refused.path()).unwrap();
    assert_eq!(retry_refused(db, &refused).await.unwrap().written, 1);
    std::fs::write(refused.path(), before).unwrap();
    assert_eq!(retry_refused(db, &refused).await.unwrap().written, 1);
    assert_eq!(
        table(&server).await,
        [(Uuid::from_u128(1), 20), (Uuid::from_u128(2), 20)]
    );
    assert!(!refused.path().exists());
}

#[tokio::test]
async fn while_what_is_refused_cannot_be_kept_the_journal_keeps_it() {
    let server = TestServer::start().await;
    let directory = tempfile::tempdir().unwrap();
    let journal = Journal::open(directory.path()).unwrap();
    journal.append(&UsageEvent {
        output_tokens: -1,
        ..event(&server, 1)
    });
    let refused = journal.refused();
    std::fs::create_dir(refused.path()).unwrap();
    let mut writer = writer(&server, journal.clone());
    assert!(writer.ship().await.is_err());
    assert_eq!(journal.backlog(), 1);
    std::fs::remove_dir(refused.path()).unwrap();
    writer.ship().await.unwrap();
    assert_eq!((journal.backlog(), refused.list().unwrap().len()), (0, 1));
}

#[tokio::test]
async fn what_was_journaled_before_a_crash_is_written_at_the_next_start() {
    let lost = tempfile::tempdir().unwrap();
    let before = TestServer::start().await;
    let journal = Journal::open(&lost.path().join("journal")).unwrap();
    journal.append(&event(&before, 9));
    // What the journal holds is on disk: a process that dies now loses nothing of it.
    drop(journal);
    let data_dir = lost.path().to_owned();
    let after = TestServer::start_with(|config| config.data_dir = Some(data_dir)).await;
    assert_eq!(
        after.usage(1).await[0]["request_id"],
        serde_json::json!(Uuid::from_u128(9))
    );
    after.stop().await;
    assert_eq!(Journal::open(&lost.path().join("journal")).unwrap().backlog(), 0);
}

#[tokio::test]
async fn months_are_partitions_of_their_own() {
    let server = TestServer::start().await;
    let partitions = crate::harness::eventually("the months are made", || async {
        let names: Vec<String> = sqlx::query_scalar(
            "SELECT relname::text FROM pg_class WHERE relname ~ '^inference_usage_[0-9]{4}_[0-9]{2}$' AND relkind = 'r' ORDER BY 1",
        )
        .fetch_all(&server.owner)
        .await
        .unwrap();
        (!names.is_empty()).then_some(names)
    })
    .await;
    assert_eq!(partitions.len(), 2);
    assert_eq!(
        partitions[0],
        server
            .program
            .core
            .clock
            .now()
            .format("inference_usage_%Y_%m")
            .to_string()
    );
}
