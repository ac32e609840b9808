//! The routes and what is said of them: one table makes the server's routing and its OpenAPI description, so that
//! neither has a route the other lacks.

mod describe;
mod page;
mod schemas;
pub(super) mod shapes;

pub use describe::openapi;

use super::rooms::{self, Class};
use crate::auth::Permission;
use actix_web::{
    FromRequest, Handler, Responder, Route,
    dev::ServiceRequest,
    middleware::{Next, from_fn},
    web::{self, ServiceConfig},
};
use schemars::{JsonSchema, Schema, SchemaGenerator};

/// Every route of the server, in the order of the modules.
#[derive(Default)]
pub struct Api {
    resources: Vec<(&'static str, Vec<Route>)>,
    operations: Vec<Operation>,
}

impl std::fmt::Debug for Api {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Api").field("operations", &self.operations).finish_non_exhaustive()
    }
}

/// One operation, as it is described.
#[derive(Debug)]
struct Operation {
    method: &'static str,
    path: &'static str,
    says: Says,
}

impl Operation {
    /// What people read with a key is a list, or of one thing.
    fn class(&self) -> Class {
        self.says.class.unwrap_or(match self.says.door {
            Door::Key(_) if self.method == "get" && self.path.contains('{') => Class::Records,
            Door::Key(_) if self.method == "get" => Class::Lists,
            Door::Open | Door::Signed | Door::Key(_) => Class::Core,
        })
    }
}

type Make = fn(&mut SchemaGenerator) -> Schema;

/// Who may call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Door {
    /// Everybody.
    Open,
    /// Whoever signs the body as the channel or carrier does.
    Signed,
    /// The holder of a key whose role has the permission.
    Key(Permission),
}

/// A body that is taken.
#[derive(Clone, Copy, Debug)]
enum Body {
    Json(Make),
    /// JSON of the schema of that name in the files of schemas.
    Named(&'static str),
    /// Media types of plain bytes.
    Bytes(&'static [&'static str]),
    /// A table: media types, and the schema of its JSON.
    Table(&'static [&'static str], &'static str),
}

/// What is answered when all is well.
#[derive(Clone, Copy, Debug)]
struct Answer {
    status: u16,
    media_type: &'static str,
    /// Name of a schema in `schemas.json`; empty: a body that is not described, or none.
    schema: &'static str,
}

/// What is said of an operation.
#[derive(Debug)]
pub(super) struct Says {
    name: &'static str,
    summary: &'static str,
    door: Door,
    /// What kind of work it is; `None`: as its method and path say.
    class: Option<Class>,
    query: Option<Make>,
    /// Headers it listens to: name, pattern, what it is for.
    headers: Vec<(&'static str, &'static str, &'static str)>,
    body: Option<Body>,
    answers: Vec<Answer>,
    /// Codes beside those every operation may answer with.
    fails: Vec<(u16, &'static [&'static str])>,
}

impl Says {
    fn new(name: &'static str, summary: &'static str, door: Door) -> Self {
        let (headers, answers, fails) = (Vec::new(), Vec::new(), Vec::new());
        Self { name, summary, door, class: None, query: None, headers, body: None, answers, fails }
    }

    /// For everybody.
    pub(super) fn open(name: &'static str, summary: &'static str) -> Self {
        Self::new(name, summary, Door::Open)
    }

    /// For whoever signs.
    pub(super) fn signed(name: &'static str, summary: &'static str) -> Self {
        Self::new(name, summary, Door::Signed)
    }

    /// For the holder of a key that may do this.
    pub(super) fn keyed(name: &'static str, summary: &'static str, needs: Permission) -> Self {
        Self::new(name, summary, Door::Key(needs))
    }

    /// Is this kind of work.
    pub(super) fn class(self, class: Class) -> Self {
        Self { class: Some(class), ..self }
    }

    /// Takes the parameters of `T` in its query.
    pub(super) fn query<T: JsonSchema>(self) -> Self {
        Self { query: Some(|made| T::json_schema(made)), ..self }
    }

    /// Takes a `T` as JSON.
    pub(super) fn json<T: JsonSchema>(self) -> Self {
        Self { body: Some(Body::Json(|made| made.subschema_for::<T>())), ..self }
    }

    /// Takes JSON of the schema of that name.
    pub(super) fn takes(self, schema: &'static str) -> Self {
        Self { body: Some(Body::Named(schema)), ..self }
    }

    /// Listens to a header.
    pub(super) fn header(mut self, name: &'static str, pattern: &'static str, about: &'static str) -> Self {
        self.headers.push((name, pattern, about));
        self
    }

    /// Takes bytes of these media types.
    pub(super) fn bytes(self, media_types: &'static [&'static str]) -> Self {
        Self { body: Some(Body::Bytes(media_types)), ..self }
    }

    /// Takes a table in these media types; JSON is of the schema of that name.
    pub(super) fn table(self, media_types: &'static [&'static str], schema: &'static str) -> Self {
        Self { body: Some(Body::Table(media_types, schema)), ..self }
    }

    /// Answers with JSON of the schema of that name.
    pub(super) fn gives(self, status: u16, schema: &'static str) -> Self {
        self.gives_as(status, "application/json", schema)
    }

    pub(super) fn gives_as(mut self, status: u16, media_type: &'static str, schema: &'static str) -> Self {
        self.answers.push(Answer { status, media_type, schema });
        self
    }

    /// May answer with a problem of that status and one of these codes.
    pub(super) fn fails(mut self, status: u16, codes: &'static [&'static str]) -> Self {
        self.fails.push((status, codes));
        self
    }
}

impl Api {
    pub(super) fn get<F, A>(&mut self, path: &'static str, handler: F, says: Says)
    where
        F: Handler<A>,
        A: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.add("get", path, web::get().to(handler), says);
    }

    pub(super) fn post<F, A>(&mut self, path: &'static str, handler: F, says: Says)
    where
        F: Handler<A>,
        A: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.add("post", path, web::post().to(handler), says);
    }

    pub(super) fn put<F, A>(&mut self, path: &'static str, handler: F, says: Says)
    where
        F: Handler<A>,
        A: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.add("put", path, web::put().to(handler), says);
    }

    pub(super) fn delete<F, A>(&mut self, path: &'static str, handler: F, says: Says)
    where
        F: Handler<A>,
        A: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.add("delete", path, web::delete().to(handler), says);
    }

    fn add(&mut self, method: &'static str, path: &'static str, route: Route, says: Says) {
        let operation = Operation { method, path, says };
        let route = match operation.class() {
            Class::Core => route,
            class => {
                route.wrap(from_fn(move |request: ServiceRequest, next: Next<_>| rooms::serve(class, request, next)))
            }
        };
        self.operations.push(operation);
        match self.resources.iter_mut().find(|(known, _)| *known == path) {
            Some((_, routes)) => routes.push(route),
            None => self.resources.push((path, vec![route])),
        }
    }

    /// Hands the routes to the server.
    pub(super) fn register(self, cfg: &mut ServiceConfig) {
        for (path, routes) in self.resources {
            cfg.service(routes.into_iter().fold(web::resource(path), actix_web::Resource::route));
        }
    }
}

/// The routes that show the description itself.
pub(super) fn routes(api: &mut Api) {
    api.get(
        "/openapi.json",
        page::description,
        Says::open("openapi", "This description, as OpenAPI 3.1").gives(200, "Description"),
    );
    let page =
        |name| Says::open(name, "A page to read and try the API, without the Internet").fails(404, &["not_found"]);
    api.get("/docs", page::home, page("docs").gives_as(303, "", ""));
    api.get("/docs/{file}", page::file, page("docsFile").gives_as(200, "*/*", ""));
}
