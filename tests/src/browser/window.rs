//! A headless Chromium with one window. Elements are found as a person finds them: by their words.

use crate::gateway::free_port;
use std::{
    fs,
    net::TcpStream,
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};
use tempfile::TempDir;
use thirtyfour::prelude::*;

/// How long something may take to be there, on a busy machine with an unoptimised API.
const PATIENCE: Duration = Duration::from_secs(30);

/// The driver's process and the browsers it started, as a process group.
struct Driver(Child);

impl Drop for Driver {
    fn drop(&mut self) {
        if let Some(group) = rustix::process::Pid::from_raw(self.0.id().try_into().unwrap_or(0)) {
            // They may have ended already.
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
        let _ = self.0.wait();
    }
}

/// A browser window; it closes with [`Window::close`].
pub(crate) struct Window {
    // Ends first: a session that is let go by a failing test waits for minutes for the answer of a living driver.
    _process: Driver,
    driver: WebDriver,
    base: String,
    _profile: TempDir,
}

impl Window {
    /// Opens a window of this size whose person prefers this language.
    pub(crate) async fn open(base: &str, (width, height): (u32, u32), language: &str) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let port = free_port();
        let process = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .expect("chromedriver is needed: apt-get install chromium-driver");
        let process = Driver(process);
        let began = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(began.elapsed() < PATIENCE, "chromedriver does not listen");
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
        let profile = TempDir::new().unwrap();
        let mut capabilities = DesiredCapabilities::chrome();
        for argument in [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
            &format!("--window-size={width},{height}"),
            &format!("--user-data-dir={}", profile.path().display()),
            &format!("--lang={language}"),
            &format!("--accept-lang={language}"),
        ] {
            capabilities.add_arg(argument).unwrap();
        }
        let driver = WebDriver::new(format!("http://127.0.0.1:{port}"), capabilities).await.unwrap();
        driver.set_window_rect(0, 0, width, height).await.unwrap();
        Self { _process: process, driver, base: base.to_owned(), _profile: profile }
    }

    /// Opens a page of the panel.
    pub(crate) async fn go(&self, path: &str) {
        self.driver.goto(format!("{}{path}", self.base)).await.unwrap();
    }

    /// Loads the page anew.
    pub(crate) async fn reload(&self) {
        self.driver.refresh().await.unwrap();
    }

    /// The visible element for this XPath, once it is there.
    pub(crate) async fn element(&self, what: &str, path: &str) -> WebElement {
        let began = Instant::now();
        loop {
            for element in self.driver.find_all(By::XPath(path)).await.unwrap_or_default() {
                if element.is_displayed().await.unwrap_or(false) {
                    return element;
                }
            }
            if began.elapsed() > PATIENCE {
                self.picture("what-went-wrong").await;
                panic!("{what} does not appear on {}:\n{}", self.address().await, self.words().await);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// The text of the page.
    pub(crate) async fn words(&self) -> String {
        match self.driver.find(By::Tag("body")).await {
            Ok(body) => body.text().await.unwrap_or_default(),
            Err(_) => String::new(),
        }
    }

    /// The address of the page.
    pub(crate) async fn address(&self) -> String {
        self.driver.current_url().await.unwrap().to_string()
    }

    /// Waits until these words are on the page.
    pub(crate) async fn reads(&self, words: &str) -> WebElement {
        let path =
            format!("//body//*[not(self::script)][contains(normalize-space(text()), {})]", quoted(words));
        self.element(words, &path).await
    }

    /// Whether these words come to the page within this time.
    pub(crate) async fn reads_within(&self, words: &str, time: Duration) -> bool {
        let began = Instant::now();
        while began.elapsed() < time {
            if self.words().await.contains(words) {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        false
    }

    /// Presses the button, link, tab or menu entry of this name; while a dialog is open, the one in it.
    pub(crate) async fn press(&self, name: &str) {
        let name_is = format!(
            "normalize-space(.)={0} or @aria-label={0} or @title={0} or starts-with(normalize-space(.), {0})",
            quoted(name)
        );
        let pressed = format!(
            "*[self::button or self::a or @role='button' or @role='tab' or @role='menuitem' or @role='option' \
             or self::summary][{name_is}]"
        );
        let path = format!("//dialog[@open]//{pressed} | //{pressed}[not(//dialog[@open])]");
        let began = Instant::now();
        // It may be covered for a moment by what slides in or out.
        while let Err(error) = self.element(name, &path).await.click().await {
            assert!(began.elapsed() < PATIENCE, "{name} cannot be pressed: {error}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// The field with this label.
    pub(crate) async fn field(&self, label: &str) -> WebElement {
        let is_label = format!("starts-with(normalize-space(.), {})", quoted(label));
        let path = format!(
            "//*[self::input or self::select or self::textarea][@id=//label[{is_label}]/@for or ancestor::label[{is_label}] \
             or @aria-label={0} or @placeholder={0}]",
            quoted(label)
        );
        self.element(label, &path).await
    }

    /// Writes into the field with this label.
    pub(crate) async fn write(&self, label: &str, text: &str) {
        let field = self.field(label).await;
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// Gives a file to a field for files, which nobody has to see.
    pub(crate) async fn give_file(&self, path: &str, file: &Path) {
        let field = self.driver.find(By::XPath(path)).await.unwrap();
        field.send_keys(file.display().to_string()).await.unwrap();
    }

    /// Chooses an entry of the list with this label.
    pub(crate) async fn choose(&self, label: &str, value: &str) {
        let field = self.field(label).await;
        let path = format!("./option[@value={0} or normalize-space(.)={0}]", quoted(value));
        field.find(By::XPath(path)).await.unwrap().click().await.unwrap();
    }

    /// What a script of ours says.
    pub(crate) async fn script(&self, script: &str) -> serde_json::Value {
        self.driver.execute(script, Vec::new()).await.unwrap().json().clone()
    }

    /// Keeps a picture of the window in `target/screenshots`.
    pub(crate) async fn picture(&self, name: &str) {
        let tests = std::env::current_exe().unwrap();
        let folder = tests.ancestors().nth(3).unwrap_or(Path::new(".")).join("screenshots");
        fs::create_dir_all(&folder).unwrap();
        self.driver.screenshot(&folder.join(format!("{name}.png"))).await.unwrap();
    }

    /// Closes the browser.
    pub(crate) async fn close(self) {
        self.driver.quit().await.unwrap();
    }
}

/// A text as XPath 1.0 writes it.
fn quoted(text: &str) -> String {
    if text.contains('\'') { format!("\"{text}\"") } else { format!("'{text}'") }
}
