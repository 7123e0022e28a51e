//! One PostgreSQL per test program, one database per test (a clone of a migrated template), one server per test.

mod client;
mod database;
mod factors;
mod passkeys;
pub mod replica;
pub mod world;
mod smtp_sink;

use std::sync::OnceLock;

use inventiv_server::clock::Clock;
use inventiv_server::program::{Parts, Program};

use inventiv_server::features::audit;
use inventiv_server::features::instances::mock_directory;
use inventiv_server::features::organizations;
use inventiv_server::features::users::{AccountRequest, Passwords, create_account};
use inventiv_server::permissions::Role;
use inventiv_server::plumbing::background::Task;
use inventiv_server::plumbing::config::Config;
use inventiv_server::plumbing::console;
use inventiv_server::plumbing::db::{Db, PoolSizes, SystemReason};
use inventiv_server::plumbing::edge::connections::{HEADER_TIME, serve};
use inventiv_server::secrets::MasterSecret;
use serde_json::json;
use sqlx::PgPool;
use sqlx::postgres::PgConnectOptions;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

pub use client::{Answer, Client};
pub use database::discard;
pub use database::{empty as empty_database, fresh as fresh_database};
pub use factors::{add_passkey, code_at, code_of, enrol_totp, new_passkey};
pub use passkeys::Authenticator;
pub use smtp_sink::{Fault, Received, SmtpSink, Tls};

pub const PASSWORD: &str = "correct horse battery";

/// A server of its own for one test, with an empty database.
pub struct TestServer {
    pub program: Program,
    pub base_url: String,
    /// Connects as the owner of the tables, past row-level security: for looking at what really happened.
    pub owner: PgPool,
    pub data_dir: tempfile::TempDir,
    tasks: JoinSet<()>,
}

/// Somebody with an account and a session.
#[derive(Clone)]
pub struct Person {
    pub id: Uuid,
    pub email: String,
    pub client: Client,
}

impl TestServer {
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// With settings of its own.
    pub async fn start_with(configure: impl FnOnce(&mut Config)) -> Self {
        Self::start_on(database::fresh().await, PoolSizes { app: 8, system: 6 }, configure).await
    }

    /// On a given database: what a test of several servers, or of tiny pools, needs.
    pub async fn start_on(options: PgConnectOptions, sizes: PoolSizes, configure: impl FnOnce(&mut Config)) -> Self {
        let mut server = Self::quiet_on(options, sizes, configure).await;
        inventiv_server::serve::start_background(&server.program, &mut server.tasks);
        server
    }

    /// Without background work: nothing but requests touches the database.
    pub async fn quiet() -> Self {
        Self::quiet_on(database::fresh().await, PoolSizes { app: 4, system: 2 }, |_| {}).await
    }

    async fn quiet_on(options: PgConnectOptions, sizes: PoolSizes, configure: impl FnOnce(&mut Config)) -> Self {
        install_tls();
        let data_dir = tempfile::tempdir().unwrap();
        let mut config = Config::from_flags(&[]).unwrap();
        config.data_dir = Some(data_dir.path().to_owned());
        config.mock_latency_scale = 0.0;
        // Engines of tests run here, whatever cloud their instances are said to be of.
        config.allow_tenant_addresses = vec!["127.0.0.1".parse().unwrap()];
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        config.listen = listener.local_addr().unwrap();
        configure(&mut config);
        let base_url = format!("http://{}", config.listen);
        let given = config.master_secret.as_deref().and_then(MasterSecret::parse);
        let master = given.unwrap_or_else(master);
        let db = Db::connect(options.clone(), options.clone(), sizes, master.clone())
            .await
            .unwrap();
        let program = Program::new(Parts {
            config,
            console: console::none,
            clock: Clock::default(),
            db,
            passwords: Passwords::cheap().unwrap(),
            master,
            shutdown: CancellationToken::new(),
        })
        .unwrap();
        let mut tasks = JoinSet::new();
        tasks.spawn(serve(
            listener,
            program.router(),
            HEADER_TIME,
            program.core.shutdown.clone(),
        ));
        let owner = sqlx::postgres::PgPoolOptions::new()
            .max_connections(3)
            .connect_with(options)
            .await
            .unwrap();
        Self {
            program,
            base_url,
            owner,
            data_dir,
            tasks,
        }
    }

    /// Runs more in the background than the program does.
    pub fn also_run(&mut self, task: Task) {
        let core = &self.program.core;
        core.driver().start(&core.config.roles, vec![task], &mut self.tasks);
    }

    /// Stops as the program would: no new requests, background work ended.
    pub async fn stop(mut self) {
        self.program.core.shutdown.cancel();
        while self.tasks.join_next().await.is_some() {}
        self.program.instances.suspend().await;
        self.program.core.db.close().await;
    }

    /// A caller without credentials.
    pub fn anonymous(&self) -> Client {
        Client::new(&self.base_url)
    }

    /// A person with an account, signed in, in Personal.
    pub async fn person(&self, name: &str) -> Person {
        self.account(name, false).await
    }

    /// A platform admin, signed in, in Personal.
    pub async fn platform_admin(&self, name: &str) -> Person {
        self.account(name, true).await
    }

    async fn account(&self, name: &str, platform_admin: bool) -> Person {
        let email = format!("{name}@example.test");
        let mut tx = self
            .program
            .core
            .db
            .system(SystemReason::OperatorCommand)
            .await
            .unwrap();
        let request = AccountRequest {
            email: email.clone(),
            username: name.to_owned(),
            first_name: name.to_owned(),
            last_name: "Test".to_owned(),
            password: PASSWORD.to_owned(),
            platform_admin,
        };
        let id = create_account(&self.program.users, &mut tx, request).await.unwrap();
        tx.commit().await.unwrap();
        Person {
            id,
            client: self.sign_in(&email).await,
            email,
        }
    }

    /// Another session of an account, in Personal.
    pub async fn sign_in(&self, login: &str) -> Client {
        let body = json!({"login": login, "password": PASSWORD, "transport": "bearer"});
        let answer = self.anonymous().post("/auth/login", body).await.expect(200);
        let client = self.anonymous().with_token(answer.json["token"].as_str().unwrap());
        match answer.json["current_organization_id"].is_null() {
            true => client,
            false => client.switch_to(None).await,
        }
    }

    /// Nothing of the audit log was altered. The register is kept first: no loop does it here, and the template may be older than it may be.
    pub async fn assert_audit_log_is_intact(&self) {
        self.program.audit.keep_register().await.unwrap();
        let db = &self.program.core.db;
        let mut snapshot = db.system_snapshot(SystemReason::OperatorCommand).await.unwrap();
        assert_eq!(audit::verify(&mut snapshot, &[]).await.unwrap(), []);
    }

    /// An organization owned by the person, whose session moves into it.
    pub async fn organization(&self, owner: &mut Person, name: &str) -> Uuid {
        let id = owner
            .client
            .post("/organizations", json!({"name": name}))
            .await
            .expect(201)
            .json["id"]
            .as_str()
            .unwrap()
            .parse()
            .unwrap();
        owner.client = owner.client.switch_to(Some(id)).await;
        id
    }

    /// A new person with a role in an organization, with the session in it.
    pub async fn member(&self, organization: Uuid, name: &str, role: Role) -> Person {
        let mut person = self.person(name).await;
        let mut tx = self
            .program
            .core
            .db
            .system(SystemReason::OperatorCommand)
            .await
            .unwrap();
        organizations::add_member_by_platform(&self.program.organizations, &mut tx, organization, person.id, role)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        person.client = person.client.switch_to(Some(organization)).await;
        person
    }
}

/// No machine of the Mock cloud outlives its test, failed or not.
impl Drop for TestServer {
    fn drop(&mut self) {
        self.program.core.shutdown.cancel();
        self.tasks.abort_all();
        let directory = mock_directory(self.data_dir.path());
        if directory.exists() {
            // A second panic would hide the first; a worker without a server ends by itself.
            let cut = providers::mock::cut_power(&directory);
            assert!(
                cut.is_ok() || std::thread::panicking(),
                "machines of a test may still run: {cut:?}"
            );
        }
    }
}

/// Of every server that isn't given another: the template's audit log is sealed with it.
pub fn master() -> MasterSecret {
    static MASTER: OnceLock<MasterSecret> = OnceLock::new();
    MASTER.get_or_init(MasterSecret::generate).clone()
}

/// Before the first client of a test program; safe to repeat.
pub fn install_tls() {
    static INSTALLED: OnceLock<()> = OnceLock::new();
    INSTALLED.get_or_init(|| {
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}

/// Waits until a condition holds; fails with its name when it doesn't within the deadline.
pub async fn eventually<F, Fut, T>(what: &str, mut condition: F) -> T
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Option<T>>,
{
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
    loop {
        if let Some(value) = condition().await {
            return value;
        }
        assert!(std::time::Instant::now() < deadline, "waited in vain: {what}");
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
}
