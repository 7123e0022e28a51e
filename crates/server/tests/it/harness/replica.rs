//! Background work without a server: several processes on one database, as the driver sees them.

use inventiv_server::clock::Clock;
use inventiv_server::plumbing::background::{Board, Driver, Run, Task};
use inventiv_server::plumbing::config::ServerRole;
use inventiv_server::plumbing::db::{Db, PoolSizes};
use inventiv_server::plumbing::events::Events;
use sqlx::PgPool;
use sqlx::postgres::PgConnectOptions;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// The database, and its owner's connection.
pub struct Installation {
    options: PgConnectOptions,
    pub owner: PgPool,
}

/// One process of an installation.
pub struct Replica {
    pub db: Db,
    pub clock: Clock,
    pub board: Board,
    driver: Driver,
    running: JoinSet<()>,
}

impl Installation {
    pub async fn fresh() -> Self {
        let options = super::fresh_database().await;
        let owner = sqlx::postgres::PgPoolOptions::new()
            .max_connections(2)
            .connect_with(options.clone())
            .await
            .unwrap();
        Self { options, owner }
    }

    pub async fn replica(&self) -> Replica {
        let sizes = PoolSizes { app: 2, system: 4 };
        let db = Db::connect(self.options.clone(), self.options.clone(), sizes, super::master())
            .await
            .unwrap();
        let (clock, shutdown) = (Clock::default(), CancellationToken::new());
        let board = Board::new(clock.clone());
        let driver = Driver {
            db: db.clone(),
            clock: clock.clone(),
            events: Events::default(),
            board: board.clone(),
            shutdown,
        };
        Replica {
            db,
            clock,
            board,
            driver,
            running: JoinSet::new(),
        }
    }
}

impl Replica {
    /// Starts the tasks, and listening, which is a task itself.
    pub fn start(&mut self, mut tasks: Vec<Task>) {
        let Driver { db, events, .. } = self.driver.clone();
        let listen = move |run: Run| {
            let (db, events) = (db.clone(), events.clone());
            async move {
                tokio::select! {
                    () = run.ending() => Ok(()),
                    lost = events.listen(&db, || run.works()) => lost,
                }
            }
        };
        tasks.push(Task::follower("events", &[ServerRole::Orchestrator], listen));
        self.driver.start(&[ServerRole::Orchestrator], tasks, &mut self.running);
    }

    /// As the program stops: tasks finish what they have in hand.
    pub async fn stop(mut self) {
        self.driver.shutdown.cancel();
        while self.running.join_next().await.is_some() {}
    }

    /// As the machine stops: nothing is finished or given back.
    pub async fn crash(mut self) {
        self.running.shutdown().await;
        self.driver.shutdown.cancel();
    }
}
