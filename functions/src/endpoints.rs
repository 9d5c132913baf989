//! How endpoints are declared: the list of subjects, the list of a subject, and the route of an endpoint, each once.

/// The subjects that have endpoints, by the names of their modules. In braces are the parts of a subject that have a program of their own.
macro_rules! subjects {
    ($($subject:ident $({ $($part:ident),+ })?),+ $(,)?) => {
        $(pub mod $subject;)+

        /// The programs behind HTTP: the name of each, and the endpoints that it can serve.
        #[must_use]
        pub fn programs() -> Vec<(&'static str, Vec<service::api::Endpoint>)> {
            [$(
                vec![(stringify!($subject), $subject::endpoints())],
                $($(vec![(stringify!($part), $subject::$part::endpoints())],)+)?
            )+].concat()
        }

        /// Every HTTP endpoint, in the order of template.yaml.
        #[must_use]
        pub fn endpoints() -> Vec<service::api::Endpoint> {
            programs().into_iter().flat_map(|(_, endpoints)| endpoints).collect()
        }

        /// Whether a function of this name is behind HTTP.
        #[must_use]
        pub fn is_endpoint(name: &str) -> bool {
            endpoints().iter().any(|endpoint| endpoint.name() == name)
        }

        /// What the endpoints of each subject say of themselves.
        fn descriptions() -> Vec<utoipa::openapi::OpenApi> {
            use utoipa::OpenApi as _;
            [$(
                vec![$subject::Description::openapi()],
                $($(vec![$subject::$part::Description::openapi()],)+)?
            )+].concat()
        }
    };
}

/// The endpoints of a subject, by the names of their modules.
macro_rules! endpoints {
    ($($endpoint:ident),+ $(,)?) => {
        $(pub mod $endpoint;)+

        /// The endpoints of this subject, in the order of template.yaml.
        #[must_use]
        pub fn endpoints() -> Vec<service::api::Endpoint> {
            vec![$($endpoint::endpoint()),+]
        }

        /// Their part of the API's description.
        #[derive(utoipa::OpenApi)]
        #[openapi(paths($($endpoint::handle),+))]
        pub(crate) struct Description;
    };
}

/// The endpoint of this module: its function has the name of the module, and its route is the one that `handle` is described with. In the brackets is
/// what makes it different from others, by the names of the methods of [`service::api::Endpoint`]: `takes_query`, `public`, and `conflicts` with the
/// codes of its 409s.
macro_rules! endpoint {
    ($($rule:ident $(($($code:ident),+))?),*) => {
        pub fn endpoint() -> service::api::Endpoint {
            service::api::Endpoint::new::<__path_handle, _>(module_path!(), handle)
                $(.$rule($(&[$(service::domain::Code::$code),+])?))*
        }
    };
}
