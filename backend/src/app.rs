//! Builds the application and runs it: for the program and, in the same process, for tests.

use crate::{
    access::{login_limits::LoginLimits, password::Passwords, seal::Seal, token::Tokens},
    clock::Clock,
    config::Config,
    db::Db,
    dns::Dns,
    events::Events,
    features, frame, health, idempotency,
    mailer::Mailer,
    panel,
    rate_limits::{self, RateLimits},
    spec,
    storage::Storage,
};
use actix_web::{
    App, Error, HttpMessage, HttpRequest, HttpServer,
    body::BoxBody,
    dev::{ServerHandle, ServiceFactory, ServiceRequest, ServiceResponse},
    middleware::{Compress, from_fn},
    web::Data,
};
use rand::{TryRngCore, rngs::OsRng};
use std::{
    io::{ErrorKind, Write},
    net::SocketAddr,
    path::Path,
    time::Duration,
};
use tokio::{sync::watch, task::JoinHandle};
use utoipa_actix_web::AppExt;

/// The id of a request: the client's own, if it sent a decent one.
#[derive(Clone, Debug)]
pub struct RequestId(pub String);

impl RequestId {
    /// The id of this request.
    pub fn of(request: &HttpRequest) -> String {
        request.extensions().get::<Self>().map(|id| id.0.clone()).unwrap_or_default()
    }
}

/// What handlers ask for by type.
#[derive(Clone)]
pub struct Services {
    /// The configuration.
    pub config: Config,
    /// The time.
    pub clock: Clock,
    /// The database.
    pub db: Db,
    /// What happened, to whoever listens.
    pub events: Events,
    /// What seals secrets for the database.
    pub seal: Seal,
    /// Access tokens.
    pub tokens: Tokens,
    /// Passwords.
    pub passwords: Passwords,
    /// How often somebody may try to sign in.
    pub login_limits: LoginLimits,
    /// Who takes the panel's own mail.
    pub mailer: Mailer,
    /// How many requests are taken.
    pub rate_limits: RateLimits,
    /// Who is asked about mail servers.
    pub dns: Dns,
    /// The content of held messages.
    pub storage: Storage,
    /// What is measured.
    pub metrics: health::Metrics,
}

impl Services {
    /// Sets everything up: data folder, secret, database. The error is a sentence.
    pub fn new(config: Config, clock: Clock) -> Result<Self, String> {
        let secret = key_file(&config.data, "secret.key")?;
        let seal = key_file(&config.data, "seal.key")?;
        let db = Db::open(&config.database_url)?;
        let storage = Storage::open(&config.data.join("objects"))
            .map_err(|error| format!("cannot open the store of held messages: {error}"))?;
        Ok(Self {
            db,
            events: Events::default(),
            seal: Seal::new(&seal).map_err(|error| error.to_string())?,
            mailer: Mailer::new(&config)?,
            dns: Dns::new(config.name_servers),
            tokens: Tokens::new(&secret),
            passwords: Passwords::new().map_err(|error| error.to_string())?,
            login_limits: LoginLimits::new(clock.clone(), config.login_limits),
            rate_limits: RateLimits::new(clock.clone(), config.rate_limits),
            metrics: health::Metrics::new().map_err(|error| error.to_string())?,
            storage,
            clock,
            config,
        })
    }
}

/// A key in the data folder, made on the first start. It is not in the database: whoever reads the database cannot
/// sign tokens, nor open what is sealed. Several backends on one database need the same files.
fn key_file(folder: &Path, name: &str) -> Result<Vec<u8>, String> {
    let in_words = |what: &str, error: std::io::Error| format!("cannot {what} {}: {error}", folder.display());
    std::fs::create_dir_all(folder).map_err(|error| in_words("make the data folder", error))?;
    let path = folder.join(name);
    let mut fresh = [0_u8; 48];
    OsRng.try_fill_bytes(&mut fresh).map_err(|error| format!("no random numbers: {error}"))?;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(&path) {
        Ok(mut file) => {
            let written = file.write_all(&fresh).and_then(|()| file.sync_all());
            written.map_err(|error| in_words("write a key in", error))?;
            Ok(fresh.to_vec())
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            let secret = std::fs::read(&path).map_err(|error| in_words("read a key in", error))?;
            if secret.len() < 32 {
                return Err(format!("{} is damaged: it has fewer than 32 bytes", path.display()));
            }
            Ok(secret)
        }
        Err(error) => Err(in_words("write in the data folder", error)),
    }
}

/// The application over these services.
pub fn app(
    services: Services,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<BoxBody>,
        Error = Error,
        InitError = (),
    > + use<>,
> {
    let (app, _) = App::new().into_utoipa_app().configure(features::routes).split_for_parts();
    app.app_data(Data::new(services.config))
        .app_data(Data::new(services.clock))
        .app_data(Data::new(services.db))
        .app_data(Data::new(services.events))
        .app_data(Data::new(services.seal))
        .app_data(Data::new(services.tokens))
        .app_data(Data::new(services.passwords))
        .app_data(Data::new(services.login_limits))
        .app_data(Data::new(services.mailer))
        .app_data(Data::new(services.rate_limits))
        .app_data(Data::new(services.dns))
        .app_data(Data::new(services.storage))
        .app_data(Data::new(services.metrics))
        .configure(features::preview::pages)
        .configure(health::routes)
        .configure(spec::routes)
        .configure(panel::routes)
        .wrap(from_fn(rate_limits::limit))
        .wrap(from_fn(frame::answer))
        // Around the frame: it keeps answers as they are sent.
        .wrap(from_fn(idempotency::once))
        .wrap(Compress::default())
        .wrap(from_fn(frame::headers))
}

/// A running server.
pub struct Running {
    address: SocketAddr,
    services: Services,
    handle: ServerHandle,
    task: JoinHandle<std::io::Result<()>>,
    /// Whether what runs beside the requests is to end, and the tasks themselves.
    beside: (watch::Sender<bool>, [JoinHandle<()>; 2]),
}

impl Running {
    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its services, for what a test arranges without the API.
    pub const fn services(&self) -> &Services {
        &self.services
    }

    /// Stops it: requests under way are finished, at most for some seconds. Nothing of it runs afterwards.
    pub async fn stop(self) {
        let (stop, beside) = self.beside;
        stop.send_replace(true);
        self.handle.stop(true).await;
        // Both have nothing to tell any more: a server that fails while it is stopped is stopped.
        drop(self.task.await);
        for task in beside {
            drop(task.await);
        }
    }

    /// Runs until the signal, then stops; an error if it ends by itself.
    pub async fn until(mut self, signal: impl Future<Output = ()>) -> Result<(), String> {
        tokio::select! {
            ended = &mut self.task => Err(match ended {
                Ok(Err(error)) => format!("the server ended: {error}"),
                _ => "the server ended".to_owned(),
            }),
            () = signal => {
                self.stop().await;
                Ok(())
            }
        }
    }
}

/// Starts the API and the panel. The error is a sentence.
pub async fn start(config: Config, clock: Clock) -> Result<Running, String> {
    let listen = config.listen;
    let workers = config.workers;
    let services = tokio::task::spawn_blocking(move || Services::new(config, clock))
        .await
        .map_err(|error| format!("the start was cut off: {error}"))??;
    let for_workers = services.clone();
    let server = HttpServer::new(move || app(for_workers.clone()))
        .workers(workers)
        .shutdown_timeout(5)
        .client_request_timeout(Duration::from_secs(20))
        .keep_alive(Duration::from_secs(75))
        .disable_signals()
        .bind(listen)
        .map_err(|error| match error.kind() {
            ErrorKind::AddrInUse => format!("{listen} is taken by another program"),
            _ => format!("cannot listen on {listen}: {error}"),
        })?;
    let address = server.addrs().first().copied().unwrap_or(listen);
    let server = server.run();
    let handle = server.handle();
    let (stop, is_stopped) = watch::channel(false);
    let Services { db, clock, storage, .. } = services.clone();
    let worker = tokio::spawn(features::job_worker::run(services.clone(), is_stopped.clone()));
    let sweeper = tokio::spawn(features::retention::run(db, clock, storage, is_stopped));
    let task = tokio::spawn(server);
    Ok(Running { address, services, handle, task, beside: (stop, [worker, sweeper]) })
}
