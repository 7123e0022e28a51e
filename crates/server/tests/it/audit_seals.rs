//! Whoever has the database, and not the master secret, can't change what was written without `inventiv audit verify` finding it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use inventiv_server::features::audit::{self, Entry, Fault, Head, chain_hash};
use inventiv_server::plumbing::db::SystemReason;
use inventiv_server::program::master_secret::{self, Trust};
use inventiv_server::secrets::MasterSecret;
use serde_json::json;
use sqlx::{Executor as _, FromRow as _, Row as _};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::harness::{Person, TestServer};

/// What a superuser does first.
const DISARM: &str = "ALTER TABLE audit_log DISABLE TRIGGER USER; ALTER TABLE audit_chains DISABLE TRIGGER USER;
    ALTER TABLE audit_log DROP CONSTRAINT audit_log_tenant_fkey, DROP CONSTRAINT audit_log_sequence_check;";
/// Nor does an index keep two rows from being the same.
const DISARM_KEYS: &str = "ALTER TABLE audit_log DROP CONSTRAINT audit_log_pkey; DROP INDEX audit_log_id;
    ALTER TABLE audit_chains DROP CONSTRAINT audit_chains_pkey; ALTER TABLE audit_register DROP CONSTRAINT audit_register_pkey;
    ALTER TABLE audit_registered DROP CONSTRAINT audit_registered_pkey;
    ALTER TABLE audit_log ALTER COLUMN sequence DROP NOT NULL;";
/// An entry that was never written, but for its chain and place.
const MADE_UP: &str =
    "INSERT INTO audit_log (id, occurred_at, actor_kind, action, target_type, previous_hash, hash, tenant, sequence)
    SELECT gen_random_uuid(), now(), 'system', 'member.add', 'user', '', sha256('x')";

const ALTERED: &str = "the entry was altered";
const MISSING: &str = "entries are missing";
const NOT_OURS: &str = "the head was not written by this installation";
const NOT_REGISTERED: &str = "the entry is not the one that the register knows";
const NOT_KEPT: &str = "the entry is not the one that was kept";
const GONE: &str = "the chain is gone, with its head";
const HEADLESS: &str = "the chain has entries and no head";
const ELSEWHERE: &str = "the chain does not end where its head says";
const REGISTER: &str = "the register of the chains was altered, or a chain was taken out of it";
const NO_REGISTER: &str = "there is no register of the chains";
const NO_CHAIN: &str = "the account or organization has no chain";
const TWO_HEADS: &str = "the chain has two heads";
const TOO_MANY: &str = "the chain has more entries than places for them";
const DOES_NOT_FOLLOW: &str = "the entry does not follow its predecessor";
const LATER_REGISTER: &str = "the register is older than one that a chain has seen: an old one was put back";
const OLD_REGISTER: &str =
    "the register is older than the newest entries: an old one was put back, or no server has kept it";

/// Two organizations with some history, all of it registered; nothing works in the background.
struct Scene {
    server: TestServer,
    alice: Person,
    acme: Uuid,
    other: Uuid,
}

impl Scene {
    async fn new() -> Self {
        let server = TestServer::quiet().await;
        let mut alice = server.person("alice").await;
        let other = server.organization(&mut alice, "Other").await;
        let acme = server.organization(&mut alice, "Acme").await;
        let scene = Self {
            server,
            alice,
            acme,
            other,
        };
        scene.server.owner.execute(DISARM).await.unwrap();
        for name in ["one", "two", "three"] {
            scene.act(name).await;
        }
        scene.server.program.audit.keep_register().await.unwrap();
        assert_eq!(scene.faults().await, [""; 0]);
        scene
    }

    /// One more entry of Acme's chain.
    async fn act(&self, name: &str) {
        let body = json!({"name": name});
        self.alice.client.post("/api_keys", body).await.expect(201);
    }

    /// `{acme}` and `{other}` stand for their chains.
    async fn forge(&self, statements: &str) {
        let statements = statements
            .replace("{acme}", &format!("'{}'", self.acme))
            .replace("{other}", &format!("'{}'", self.other))
            .replace("{made_up}", MADE_UP);
        let outcome = self.server.owner.execute(sqlx::AssertSqlSafe(statements.clone())).await;
        outcome.unwrap_or_else(|error| panic!("{error}\n{statements}"));
    }

    async fn verify(&self, kept: &[Head]) -> Vec<Fault> {
        let db = &self.server.program.core.db;
        let mut snapshot = db.system_snapshot(SystemReason::OperatorCommand).await.unwrap();
        audit::verify(&mut snapshot, kept).await.unwrap()
    }

    async fn faults(&self) -> Vec<&'static str> {
        self.verify(&[]).await.into_iter().map(|fault| fault.what).collect()
    }

    async fn heads(&self) -> Vec<Head> {
        let db = &self.server.program.core.db;
        let mut snapshot = db.system_snapshot(SystemReason::OperatorCommand).await.unwrap();
        audit::heads(&mut snapshot).await.unwrap()
    }

    /// Copies of the tables of evidence, for putting them back later.
    async fn keep_copies(&self) {
        self.forge(
            "CREATE TABLE old_chains AS TABLE audit_chains; CREATE TABLE old_register AS TABLE audit_register;
             CREATE TABLE old_registered AS TABLE audit_registered",
        )
        .await;
    }

    /// Acme's chain and the register as they were copied; what was done since is gone.
    async fn put_copies_back(&self) {
        self.forge(
            "DELETE FROM audit_log e USING old_chains o WHERE e.tenant = {acme} AND o.tenant = e.tenant AND e.sequence > o.length;
             DELETE FROM audit_chains WHERE tenant = {acme}; INSERT INTO audit_chains SELECT * FROM old_chains WHERE tenant = {acme};
             DELETE FROM audit_register; INSERT INTO audit_register SELECT * FROM old_register;
             DELETE FROM audit_registered; INSERT INTO audit_registered SELECT * FROM old_registered",
        )
        .await;
    }

    #[track_caller]
    fn assert_found(found: &[&str], expected: &[&str], forgery: &str) {
        for fault in expected {
            assert!(found.contains(fault), "{forgery}\nfound {found:?}, not {fault:?}");
        }
    }
}

#[tokio::test]
async fn every_column_of_an_entry_is_evidence() {
    let scene = Scene::new().await;
    for (column, value) in [
        ("actor_id", "gen_random_uuid()"),
        ("actor_kind", "'api_key'"),
        ("id", "gen_random_uuid()"),
        ("occurred_at", "occurred_at - interval '1 microsecond'"),
        ("action", "'organization.update'"),
        ("target_type", "'user'"),
        ("target_id", "NULL"),
        ("before", "'{}'"),
        ("after", "'null'"),
        ("ip_address", "'203.0.113.9'"),
        ("request_id", "gen_random_uuid()"),
    ] {
        let forgery = format!(
            "CREATE TABLE untouched AS SELECT * FROM audit_log WHERE tenant = {{acme}} AND sequence = 2;
             UPDATE audit_log SET {column} = {value} WHERE tenant = {{acme}} AND sequence = 2"
        );
        scene.forge(&forgery).await;
        assert_eq!(scene.faults().await, [ALTERED], "{column}");
        let undo = format!(
            "UPDATE audit_log SET {column} = (SELECT {column} FROM untouched) WHERE tenant = {{acme}} AND sequence = 2; DROP TABLE untouched"
        );
        scene.forge(&undo).await;
        assert_eq!(scene.faults().await, [""; 0], "{column}");
    }
    // What the platform did itself has no actor, and gets none.
    let entry = "UPDATE audit_log SET actor_id = gen_random_uuid() WHERE actor_kind = 'system' AND tenant = '00000000-0000-0000-0000-000000000000'
        AND sequence = 1";
    scene.forge(entry).await;
    assert_eq!(scene.faults().await, [ALTERED]);
}

/// What somebody does, and what is found at least.
const FORGERIES: &[(&str, &[&str])] = &[
    ("DELETE FROM audit_log WHERE tenant = {acme} AND sequence = 2", &[MISSING]),
    // An entry in the middle.
    (
        "UPDATE audit_log SET sequence = -sequence - 1 WHERE tenant = {acme} AND sequence > 1;
         UPDATE audit_log SET sequence = -sequence WHERE tenant = {acme} AND sequence < 0;
         INSERT INTO audit_log (tenant, sequence, id, occurred_at, actor_kind, action, target_type, previous_hash, hash)
         SELECT tenant, 2, gen_random_uuid(), occurred_at, 'system', 'member.add', 'user', hash, sha256('x') FROM audit_log
         WHERE tenant = {acme} AND sequence = 1",
        &[ALTERED, ELSEWHERE],
    ),
    // An entry of another chain.
    (
        "UPDATE audit_log SET tenant = {acme}, sequence = 99 WHERE tenant = {other} AND sequence = 1",
        &[ALTERED, MISSING, ELSEWHERE],
    ),
    // The end cut off, and the head set back.
    (
        "DELETE FROM audit_log WHERE tenant = {acme} AND sequence = 4;
         UPDATE audit_chains SET length = 3, head_hash = (SELECT hash FROM audit_log WHERE tenant = {acme} AND sequence = 3) WHERE tenant = {acme}",
        &[NOT_OURS, NOT_REGISTERED],
    ),
    // The same, hidden from the register.
    (
        "DELETE FROM audit_log WHERE tenant = {acme} AND sequence = 4;
         UPDATE audit_chains SET length = 3, head_hash = (SELECT hash FROM audit_log WHERE tenant = {acme} AND sequence = 3) WHERE tenant = {acme};
         UPDATE audit_registered r SET length = c.length, hash = c.head_hash FROM audit_chains c WHERE c.tenant = r.chain",
        &[NOT_OURS, REGISTER],
    ),
    // Another chain's head, with its seal.
    (
        "UPDATE audit_chains a SET length = o.length, head_hash = o.head_hash, register = o.register, seal = o.seal FROM audit_chains o
         WHERE a.tenant = {acme} AND o.tenant = {other}",
        &[NOT_OURS, ELSEWHERE],
    ),
    // All of a chain.
    (
        "DELETE FROM audit_log WHERE tenant = {acme}; DELETE FROM audit_chains WHERE tenant = {acme}",
        &[GONE, NO_CHAIN],
    ),
    (
        "DELETE FROM audit_log WHERE tenant = {acme}; DELETE FROM audit_chains WHERE tenant = {acme};
         DELETE FROM audit_registered WHERE chain = {acme}",
        &[REGISTER, NO_CHAIN],
    ),
    (
        "DELETE FROM audit_log WHERE tenant = {acme}; DELETE FROM audit_chains WHERE tenant = {acme};
         DELETE FROM audit_registered WHERE chain = {acme}; UPDATE audit_register SET chains = chains - 1, since = now() + interval '1 day'",
        &[REGISTER],
    ),
    ("DELETE FROM audit_register", &[NO_REGISTER]),
    ("DELETE FROM audit_chains WHERE tenant = {acme}", &[HEADLESS, GONE]),
    // A chain that never was.
    (
        "INSERT INTO audit_log (tenant, sequence, id, occurred_at, actor_kind, action, target_type, previous_hash, hash)
         VALUES (gen_random_uuid(), 1, gen_random_uuid(), now(), 'system', 'member.add', 'user', '', sha256('x'))",
        &[HEADLESS],
    ),
    ("UPDATE audit_chains SET seal = ''", &[NOT_OURS]),
    ("UPDATE audit_chains SET length = 0, head_hash = '' WHERE tenant = {acme}", &[NOT_OURS, ELSEWHERE]),
];

#[tokio::test]
async fn what_the_database_alone_can_do_to_a_chain_is_found() {
    for (forgery, expected) in FORGERIES {
        let scene = Scene::new().await;
        scene.forge(forgery).await;
        Scene::assert_found(&scene.faults().await, expected, forgery);
    }
}

/// Where no index and no constraint hold either.
const FORGERIES_WITHOUT_KEYS: &[(&str, &[&str])] = &[
    // An entry in no place of the chain.
    ("{made_up}, {acme}, 0", &[TOO_MANY]),
    ("{made_up}, {acme}, -7", &[TOO_MANY]),
    ("{made_up}, {acme}, NULL", &[TOO_MANY]),
    // A true one, of another chain.
    (
        "UPDATE audit_log SET tenant = {acme}, sequence = -1 WHERE tenant = {other} AND sequence = 1",
        &[TOO_MANY, NOT_REGISTERED, ELSEWHERE],
    ),
    // An entry before the first, in a chain of one's own making.
    ("{made_up}, '11111111-1111-1111-1111-111111111111', 0", &[HEADLESS]),
    // Twice in one place.
    ("{made_up}, {acme}, 2", &[TOO_MANY, ALTERED, MISSING]),
    (
        "INSERT INTO audit_log SELECT * FROM audit_log WHERE tenant = {acme} AND sequence = 2",
        &[TOO_MANY, MISSING, DOES_NOT_FOLLOW],
    ),
    (
        "INSERT INTO audit_log SELECT * FROM audit_log WHERE tenant = {acme} AND sequence = 4",
        &[TOO_MANY, MISSING],
    ),
    // Two entries change places.
    (
        "UPDATE audit_log SET sequence = 5 - sequence WHERE tenant = {acme} AND sequence IN (2, 3)",
        &[ALTERED, DOES_NOT_FOLLOW],
    ),
    // Two entries change what they say.
    (
        "UPDATE audit_log e SET occurred_at = o.occurred_at, after = o.after FROM audit_log o
         WHERE e.tenant = {acme} AND o.tenant = {acme} AND e.sequence IN (2, 3) AND o.sequence = 5 - e.sequence",
        &[ALTERED],
    ),
    // A second head, true or not.
    (
        "INSERT INTO audit_chains SELECT * FROM audit_chains WHERE tenant = {acme}",
        &[TWO_HEADS],
    ),
    (
        "INSERT INTO audit_chains (tenant, length, head_hash)
         SELECT tenant, sequence, hash FROM audit_log WHERE tenant = {acme} AND sequence = 3",
        &[TWO_HEADS, NOT_OURS, ELSEWHERE],
    ),
    // The number that a head has seen.
    (
        "UPDATE audit_chains SET register = 0 WHERE tenant = {acme}",
        &[NOT_OURS],
    ),
    (
        "UPDATE audit_chains SET register = register + 1 WHERE tenant = {acme}",
        &[NOT_OURS],
    ),
    // The register made anew, with another number, or as one of two.
    (
        "DELETE FROM audit_register; INSERT INTO audit_register (number, chains, sum, since, kept_at, seal)
         SELECT 1, count(*), sha256('x'), now(), now(), sha256('y') FROM audit_registered",
        &[REGISTER],
    ),
    ("UPDATE audit_register SET number = number + 1", &[REGISTER]),
    ("INSERT INTO audit_register SELECT * FROM audit_register", &[REGISTER]),
    (
        "INSERT INTO audit_registered SELECT * FROM audit_registered WHERE chain = {acme}",
        &[REGISTER],
    ),
    ("DELETE FROM audit_registered WHERE chain = {acme}", &[REGISTER]),
];

#[tokio::test]
async fn what_is_beside_the_chains_is_found_although_no_key_keeps_it_out() {
    for (forgery, expected) in FORGERIES_WITHOUT_KEYS {
        let scene = Scene::new().await;
        scene.forge(DISARM_KEYS).await;
        scene.forge(forgery).await;
        Scene::assert_found(&scene.faults().await, expected, forgery);
    }
}

#[tokio::test]
async fn the_log_itself_has_no_place_before_the_first() {
    let server = TestServer::quiet().await;
    for sequence in ["0", "-1"] {
        let entry = format!("{MADE_UP}, '{}', {sequence}", Uuid::nil());
        let refused = server.owner.execute(sqlx::AssertSqlSafe(entry)).await.unwrap_err();
        assert!(refused.to_string().contains("audit_log_sequence_check"), "{refused}");
    }
}

/// The server opens the chain of a new organization, and before it looks there is an entry in it.
#[tokio::test]
async fn a_beginning_that_is_slipped_under_a_new_chain_is_not_sealed() {
    let mut scene = Scene::new().await;
    scene
        .forge(
            "CREATE FUNCTION slip_under() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
                 INSERT INTO audit_log (id, occurred_at, actor_kind, action, target_type, previous_hash, hash, tenant, sequence)
                     VALUES (gen_random_uuid(), now(), 'system', 'member.add', 'user', '', sha256('x'), NEW.tenant, 1);
                 UPDATE audit_chains SET length = 1, head_hash = sha256('x') WHERE tenant = NEW.tenant;
                 RETURN NULL;
             END $$;
             CREATE TRIGGER slip_under AFTER INSERT ON audit_chains FOR EACH ROW EXECUTE FUNCTION slip_under()",
        )
        .await;
    let forged = scene.server.organization(&mut scene.alice, "Forged").await;
    scene.forge("DROP TRIGGER slip_under ON audit_chains").await;
    scene.server.program.audit.keep_register().await.unwrap_err();
    let found = scene.verify(&[]).await;
    assert!(
        found
            .iter()
            .any(|fault| fault.tenant == forged && fault.what == NOT_OURS),
        "{found:?}"
    );
}

/// An entry as its row says.
#[derive(sqlx::FromRow)]
struct Stored {
    sequence: i64,
    id: Uuid,
    occurred_at: chrono::DateTime<chrono::Utc>,
    actor_kind: String,
    actor_id: Option<Uuid>,
    action: String,
    target_type: String,
    target_id: Option<Uuid>,
    before: Option<serde_json::Value>,
    after: Option<serde_json::Value>,
    ip_address: Option<String>,
    request_id: Option<Uuid>,
}

#[tokio::test]
async fn a_chain_that_was_computed_anew_is_found_by_its_seal() {
    let scene = Scene::new().await;
    scene
        .forge("UPDATE audit_log SET after = '{\"name\": \"forged\"}' WHERE tenant = {acme} AND sequence = 2")
        .await;
    let rows = sqlx::query("SELECT * FROM audit_log WHERE tenant = $1 ORDER BY sequence")
        .bind(scene.acme)
        .fetch_all(&scene.server.owner)
        .await
        .unwrap();
    let mut previous = Vec::new();
    for row in rows {
        let stored = Stored::from_row(&row).unwrap();
        let entry = Entry {
            tenant: row.get("tenant"),
            sequence: stored.sequence,
            id: stored.id,
            occurred_at: stored.occurred_at,
            actor_kind: stored.actor_kind,
            actor_id: stored.actor_id,
            action: stored.action,
            target_type: stored.target_type,
            target_id: stored.target_id,
            before: stored.before,
            after: stored.after,
            ip_address: stored.ip_address,
            request_id: stored.request_id,
        };
        let hash = chain_hash(&previous, &entry).to_vec();
        sqlx::query("UPDATE audit_log SET previous_hash = $3, hash = $4 WHERE tenant = $1 AND sequence = $2")
            .bind(scene.acme)
            .bind(entry.sequence)
            .bind(&previous)
            .bind(&hash)
            .execute(&scene.server.owner)
            .await
            .unwrap();
        previous = hash;
    }
    sqlx::query("UPDATE audit_chains SET head_hash = $2 WHERE tenant = $1")
        .bind(scene.acme)
        .bind(&previous)
        .execute(&scene.server.owner)
        .await
        .unwrap();
    scene
        .forge("UPDATE audit_registered r SET hash = c.head_hash FROM audit_chains c WHERE c.tenant = r.chain")
        .await;
    assert_eq!(scene.faults().await, [NOT_OURS, REGISTER]);
}

#[tokio::test]
async fn an_older_head_that_is_put_back_with_its_seal_is_found_also_after_the_chain_went_on() {
    let scene = Scene::new().await;
    scene.keep_copies().await;
    scene.act("four").await;
    scene.server.program.audit.keep_register().await.unwrap();
    scene
        .forge(
            "DELETE FROM audit_log WHERE tenant = {acme} AND sequence = 5;
             UPDATE audit_chains c SET length = o.length, head_hash = o.head_hash, register = o.register, seal = o.seal FROM old_chains o WHERE o.tenant = c.tenant",
        )
        .await;
    assert_eq!(scene.faults().await, [NOT_REGISTERED]);
    for name in ["five", "six"] {
        scene.act(name).await;
        scene.server.program.audit.keep_register().await.unwrap_err();
        assert_eq!(scene.faults().await, [NOT_REGISTERED]);
    }
}

#[tokio::test]
async fn a_register_that_is_led_to_take_a_head_twice_does_not_cover_a_cut() {
    let scene = Scene::new().await;
    scene.keep_copies().await;
    scene.act("four").await;
    scene.server.program.audit.keep_register().await.unwrap();
    // The head that was registered last is made to look new, and is taken once more.
    let known_before = "UPDATE audit_registered r SET length = o.length, hash = o.hash FROM old_registered o WHERE o.chain = r.chain AND r.chain = {acme}";
    scene.forge(known_before).await;
    let _ = scene.server.program.audit.keep_register().await;
    let cut = "DELETE FROM audit_log WHERE tenant = {acme} AND sequence > 4;
        UPDATE audit_chains c SET length = o.length, head_hash = o.head_hash, register = o.register, seal = o.seal FROM old_chains o WHERE o.tenant = c.tenant AND c.tenant = {acme}";
    scene.forge(&format!("{cut}; {known_before}")).await;
    assert_ne!(scene.faults().await, [""; 0], "the end was cut");
}

#[tokio::test]
async fn who_writes_next_does_not_seal_what_was_forged() {
    let scene = Scene::new().await;
    scene
        .forge(
            "DELETE FROM audit_log WHERE tenant = {acme} AND sequence = 4;
             UPDATE audit_chains SET length = 3, head_hash = (SELECT hash FROM audit_log WHERE tenant = {acme} AND sequence = 3) WHERE tenant = {acme};
             ALTER TABLE audit_chains ENABLE TRIGGER USER",
        )
        .await;
    for name in ["five", "six", "seven"] {
        scene.act(name).await;
        scene.server.program.audit.keep_register().await.unwrap_err();
        Scene::assert_found(&scene.faults().await, &[NOT_OURS, NOT_REGISTERED], name);
    }
}

#[tokio::test]
async fn an_account_whose_chain_vanishes_before_it_is_registered_is_missed() {
    let scene = Scene::new().await;
    let bob = scene.server.person("bob").await;
    let removal = format!(
        "DELETE FROM audit_log WHERE tenant = '{0}'; DELETE FROM audit_chains WHERE tenant = '{0}'",
        bob.id
    );
    scene.forge(&removal).await;
    let found = scene.verify(&[]).await;
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0].tenant, found[0].what), (bob.id, NO_CHAIN));
}

#[tokio::test]
async fn a_register_that_stopped_is_told_and_what_was_printed_finds_even_a_whole_database_put_back() {
    let scene = Scene::new().await;
    scene.keep_copies().await;
    let early = scene.heads().await;
    assert_eq!(early.iter().find(|head| head.tenant == scene.acme).unwrap().length, 4);
    scene.act("four").await;
    scene.server.program.audit.keep_register().await.unwrap();
    let late = scene.heads().await;
    assert_eq!(scene.verify(&early).await, []);
    assert_eq!(scene.verify(&late).await, []);

    scene.put_copies_back().await;
    assert_eq!(scene.faults().await, [""; 0], "nothing in the database itself tells");
    assert_eq!(scene.verify(&early).await, []);
    let found = scene.verify(&late).await;
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(
        (found[0].tenant, found[0].sequence, found[0].what),
        (scene.acme, 5, NOT_KEPT)
    );
    // Once others went on, it does.
    scene.server.program.core.clock.advance(chrono::TimeDelta::minutes(20));
    scene.server.sign_in("alice").await;
    assert_eq!(scene.faults().await, [OLD_REGISTER]);
}

#[tokio::test]
async fn a_register_that_is_put_back_is_betrayed_by_the_chains_that_went_on() {
    let scene = Scene::new().await;
    scene.keep_copies().await;
    scene.act("four").await;
    scene.server.program.audit.keep_register().await.unwrap();
    scene.server.sign_in("alice").await;
    assert_eq!(scene.faults().await, [""; 0]);
    scene.put_copies_back().await;
    assert_eq!(scene.faults().await, [LATER_REGISTER]);
    // And it stays so, however the log goes on.
    for name in ["five", "six"] {
        scene.act(name).await;
        scene.server.sign_in("alice").await;
        scene.server.program.audit.keep_register().await.unwrap_err();
        assert_eq!(scene.faults().await, [LATER_REGISTER]);
    }
}

#[tokio::test]
async fn a_busy_server_is_verified_again_and_again_without_a_fault() {
    const WRITERS: usize = 4;
    const WRITTEN: usize = 100;
    const VERIFIED: usize = 25;
    let server = TestServer::start().await;
    let written = Arc::new(AtomicUsize::new(0));
    let stop = CancellationToken::new();
    let mut writers = tokio::task::JoinSet::new();
    for number in 0..WRITERS {
        let mut person = server.person(&format!("writer{number}")).await;
        server.organization(&mut person, &format!("Org {number}")).await;
        let (stop, written) = (stop.clone(), written.clone());
        writers.spawn(async move {
            while !stop.is_cancelled() {
                let turn = written.fetch_add(1, Ordering::Relaxed);
                let body = json!({"name": format!("key {turn}")});
                person.client.post("/api_keys", body).await.expect(201);
            }
        });
    }
    let db = &server.program.core.db;
    let mut verified = 0;
    while verified < VERIFIED || written.load(Ordering::Relaxed) < WRITTEN {
        let mut snapshot = db.system_snapshot(SystemReason::OperatorCommand).await.unwrap();
        assert_eq!(audit::verify(&mut snapshot, &[]).await.unwrap(), []);
        verified += 1;
        assert!(
            !writers.is_empty() && writers.try_join_next().is_none(),
            "a writer ended"
        );
    }
    stop.cancel();
    while let Some(ended) = writers.join_next().await {
        ended.unwrap();
    }
    server.program.audit.keep_register().await.unwrap();
}

#[tokio::test]
async fn a_database_belongs_to_the_first_secret_it_meets() {
    let scene = Scene::new().await;
    let clock = &scene.server.program.core.clock;
    let connect = async |master: &MasterSecret| {
        let options = (*scene.server.owner.connect_options()).clone();
        let sizes = inventiv_server::plumbing::db::PoolSizes { app: 1, system: 1 };
        inventiv_server::plumbing::db::Db::connect(options.clone(), options, sizes, master.clone())
            .await
            .unwrap()
    };
    let stranger = connect(&MasterSecret::generate()).await;
    let refused = master_secret::settle(&stranger, clock, Trust::Known).await.unwrap_err();
    assert!(
        refused
            .to_string()
            .contains("not the one that the database was used with"),
        "{refused}"
    );
    assert_eq!(scene.faults().await, [""; 0], "nothing changed");
    let own = connect(&crate::harness::master()).await;
    master_secret::settle(&own, clock, Trust::Known).await.unwrap();

    // As a database of before check values and seals is after its migration.
    scene
        .forge("UPDATE installation SET secret_check = NULL, was_in_use = true; UPDATE audit_chains SET seal = ''; DELETE FROM audit_register")
        .await;
    Scene::assert_found(&scene.faults().await, &[NOT_OURS, NO_REGISTER], "before");
    master_secret::settle(&own, clock, Trust::Known).await.unwrap();
    assert_eq!(scene.faults().await, [""; 0], "adopted");
    master_secret::settle(&stranger, clock, Trust::Known).await.unwrap_err();

    // The operator says that the right one is lost.
    master_secret::settle(&stranger, clock, Trust::Anew).await.unwrap();
    master_secret::replace(&stranger, clock).await.unwrap();
    master_secret::settle(&stranger, clock, Trust::Known).await.unwrap();
    master_secret::settle(&own, clock, Trust::Known).await.unwrap_err();
    let mut snapshot = stranger.system_snapshot(SystemReason::OperatorCommand).await.unwrap();
    assert_eq!(audit::verify(&mut snapshot, &[]).await.unwrap(), []);
}
