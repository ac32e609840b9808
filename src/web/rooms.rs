//! Who is let in how many at once. What orders need (webhooks, callbacks, commands) has queues of its own; the rest has a
//! number of places, and fewer or none while there is too much to do.

use super::problem::Problem;
use crate::app::App;
use actix_web::{
    Error,
    body::BoxBody,
    dev::{ServiceRequest, ServiceResponse},
    middleware::Next,
    web::Data,
};
use std::time::Duration;
use tokio::sync::Semaphore;

/// Time a request waits for its place.
const WAIT: Duration = Duration::from_millis(200);

/// What kind of work a request is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Class {
    /// Intake, decisions, approvals, shipping, callbacks, health: as many as come.
    Core,
    /// One order, document, delivery: places shared with the lists, served also while degraded.
    Records,
    Lists,
    /// Exports and quotes.
    Exports,
    /// Change feeds, which may wait for news.
    Feed,
    /// Files and tables.
    Uploads,
}

impl Class {
    /// Waits while there is too much to do.
    pub(super) const fn can_wait(self) -> bool {
        matches!(self, Self::Lists | Self::Exports | Self::Feed)
    }
}

/// The places, one for all workers of a server.
#[derive(Debug)]
pub(super) struct Rooms {
    lists: Semaphore,
    exports: Semaphore,
    feed: Semaphore,
    uploads: Semaphore,
}

impl Rooms {
    pub(super) fn new(app: &App) -> Self {
        let at_once = &app.core.config.overload;
        let places = |count: usize| Semaphore::new(count.clamp(1, Semaphore::MAX_PERMITS));
        Self {
            lists: places(at_once.lists),
            exports: places(at_once.exports),
            feed: places(at_once.feed),
            uploads: places(at_once.uploads),
        }
    }

    const fn of(&self, class: Class) -> Option<&Semaphore> {
        match class {
            Class::Core => None,
            Class::Records | Class::Lists => Some(&self.lists),
            Class::Exports => Some(&self.exports),
            Class::Feed => Some(&self.feed),
            Class::Uploads => Some(&self.uploads),
        }
    }
}

/// Serves a request of this class when it has a place.
pub(super) async fn serve(
    class: Class,
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let (app, rooms) = (request.app_data::<Data<App>>().cloned(), request.app_data::<Data<Rooms>>().cloned());
    let (Some(app), Some(rooms)) = (app, rooms) else { return next.call(request).await };
    if class.can_wait() && app.core.degraded.is_on() {
        return Ok(request.error_response(Problem::degraded()));
    }
    let Some(places) = rooms.of(class) else { return next.call(request).await };
    match tokio::time::timeout(WAIT, places.acquire()).await {
        Ok(Ok(_place)) => next.call(request).await,
        Ok(Err(_)) | Err(_) => Ok(request.error_response(Problem::overloaded())),
    }
}
