//! Modules that stand side by side know each other in one direction, and every file is a module.
//!
//! The rule holds on each level of each crate: if a file below `a` names something below its neighbour `b`, no file below `b` names something
//! below `a`, not even by way of a third neighbour. A module and the modules inside it are one subject and may know each other.
//! The sources are read as text, without their unit tests; names that a module re-exports lead to where they come from.

mod source;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs;
use std::path::Path;

use self::source::{code, paths};

/// A module by the names on the way to it; the root of a crate has none.
type Name = Vec<String>;

/// The modules of a crate, and the text of each.
type Sources = BTreeMap<Name, String>;

/// Who knows whom on one level, and the import that shows it.
type Level = BTreeMap<Name, BTreeMap<Name, String>>;

#[test]
fn neighbours_know_each_other_in_one_direction() {
    let mut circles = Vec::new();
    for folder in crates() {
        for (_, circle) in circles_of(&sources(&folder)) {
            circles.push(format!("{folder}:\n  {}", circle.join("\n  ")));
        }
    }
    assert!(
        circles.is_empty(),
        "these modules know each other in a circle; move what both need to a module of its own:\n{}",
        circles.join("\n")
    );
}

#[test]
fn every_file_is_a_module() {
    for folder in crates() {
        let sources = sources(&folder);
        for name in sources.keys() {
            let Some((last, parent)) = name.split_last() else {
                continue;
            };
            let declared = sources.get(parent).cloned().unwrap_or_default();
            // A program beside the library may have modules of its own.
            let of_program = match parent {
                [] => fs::read_to_string(project().join(&folder).join("main.rs")).ok(),
                _ => None,
            };
            let parent = declared + "\n" + &of_program.unwrap_or_default();
            // Declared by itself, or in a list of modules that a macro declares.
            let mut lines = parent.lines().map(str::trim);
            let declares = |line: &str| {
                line == format!("{last},")
                    || line.starts_with(&format!("{last} {{"))
                    || line.ends_with(&format!("mod {last};"))
            };
            assert!(
                lines.any(declares),
                "{folder}/{}.rs is no module: nothing compiles it, and no test in it runs",
                name.join("/")
            );
        }
    }
}

#[test]
fn a_module_with_a_folder_stands_beside_it() {
    for folder in crates() {
        for (name, _) in files(&folder) {
            // The S3 engine is on its way to a crate of its own.
            let is_mod = name.ends_with(&["mod".to_owned()]) && name[0] != "objects";
            assert!(!is_mod, "{folder}/{}.rs", name.join("/"));
        }
    }
}

#[test]
fn a_circle_of_neighbours_is_found_and_named() {
    let circles = circles_of(&crate_of(&[
        ("", "mod a; mod b; mod c;"),
        ("a", "use crate::b::inner::B;"),
        ("b", "mod inner;"),
        ("b/inner", "fn f() -> crate::c::C { todo!() }"),
        ("c", "use super::{x, a::{self, A}};"),
    ]));
    let imports = ["a -> b/inner", "b/inner -> c", "c -> a"].map(str::to_owned);
    assert_eq!(circles, [(String::new(), imports.to_vec())]);
}

#[test]
fn a_name_that_is_re_exported_leads_to_its_module() {
    let of = |middle: &str| {
        circles_of(&crate_of(&[
            ("", "mod m;"),
            ("m", middle),
            ("m/a", "use super::B;"),
            ("m/b", "use super::a::A;"),
        ]))
    };
    assert_eq!(of("mod a; mod b; pub use b::B;").len(), 1);
    assert_eq!(of("mod a; mod b; struct B;").len(), 0);
}

#[test]
fn a_module_knows_what_is_inside_it_and_the_other_way_round() {
    let circles = circles_of(&crate_of(&[
        ("", "mod a; use a::inner::X; struct Root;"),
        ("a", "mod inner; use inner::X; struct A;"),
        (
            "a/inner",
            "use super::A; use crate::Root; // use crate::b\n const S: &str = \"crate::a\";",
        ),
    ]));
    assert_eq!(circles, []);
}

fn crate_of(files: &[(&str, &str)]) -> Sources {
    let name = |path: &str| {
        path.split('/')
            .filter(|part| !part.is_empty())
            .map(str::to_owned)
            .collect()
    };
    files
        .iter()
        .map(|(path, text)| (name(path), code(text)))
        .collect()
}

/// Where the sources of each crate of the workspace are, and those of the suite.
fn crates() -> Vec<String> {
    let manifest = fs::read_to_string(project().join("Cargo.toml")).expect("the workspace");
    let members = manifest.split("members = [").nth(1);
    let members = members.and_then(|rest| rest.split(']').next());
    let members = members.expect("members").split(',').map(str::trim);
    members
        .map(|member| match member.trim_matches('"') {
            "tests" => "tests/suite".to_owned(),
            member => format!("{member}/src"),
        })
        .collect()
}

/// The modules below `folder`: `a.rs` and `a/b.rs` are `a` and what is inside it. Programs beside a library are no modules of it, and
/// tests may know everybody.
fn sources(folder: &str) -> Sources {
    let is_library = project().join(folder).join("lib.rs").exists();
    let root = if is_library { "lib" } else { "main" };
    let is_program = |name: &Name| name[0] == "bin" || (is_library && name == &["main"]);
    let is_test = |name: &Name| name.ends_with(&["tests".to_owned()]);
    files(folder)
        .into_iter()
        .filter(|(name, _)| !is_program(name) && !is_test(name))
        .map(|(mut name, text)| {
            if name == [root] || name.ends_with(&["mod".to_owned()]) {
                name.pop();
            }
            (name, code(&text))
        })
        .collect()
}

/// The text of every file below `folder`, by its path.
fn files(folder: &str) -> Vec<(Name, String)> {
    let mut files = Vec::new();
    collect(&project().join(folder), &mut Vec::new(), &mut files);
    files
}

fn collect(folder: &Path, way: &mut Name, files: &mut Vec<(Name, String)>) {
    for entry in fs::read_dir(folder).expect("a folder of sources") {
        let path = entry.expect("a file").path();
        let stem = path.file_stem().expect("a name").to_string_lossy();
        way.push(stem.into_owned());
        if path.is_dir() {
            collect(&path, way, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push((way.clone(), fs::read_to_string(&path).expect("a source")));
        }
        way.pop();
    }
}

fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the project")
}

/// The shortest circle on each level that has one: the module inside which it is, and the imports that make it.
fn circles_of(sources: &Sources) -> Vec<(String, Vec<String>)> {
    let mut levels: BTreeMap<Name, Level> = BTreeMap::new();
    for (module, text) in sources {
        for path in paths(text) {
            let Some(known) = resolve(sources, module, &path, 0) else {
                continue;
            };
            let shared = module
                .iter()
                .zip(&known)
                .take_while(|(a, b)| a == b)
                .count();
            if shared == module.len() || shared == known.len() {
                continue;
            }
            let import = format!("{} -> {}", module.join("/"), known.join("/"));
            let level = levels.entry(module[..shared].to_vec()).or_default();
            let of_module = level.entry(module[..=shared].to_vec()).or_default();
            of_module.entry(known[..=shared].to_vec()).or_insert(import);
        }
    }
    let named = |(inside, level): (&Name, &Level)| Some((inside.join("/"), circle(level)?));
    levels.iter().filter_map(named).collect()
}

/// The shortest circle on one level, if there is any, as the imports that make it.
fn circle(level: &Level) -> Option<Vec<String>> {
    let circles = level.keys().filter_map(|module| way_back(level, module));
    let way = circles.min_by_key(Vec::len)?;
    let steps = way.windows(2);
    Some(steps.map(|step| level[step[0]][step[1]].clone()).collect())
}

/// The shortest way from a module to itself.
fn way_back<'l>(level: &'l Level, module: &'l Name) -> Option<Vec<&'l Name>> {
    let mut seen = BTreeSet::new();
    let mut ways = VecDeque::from([vec![module]]);
    while let Some(way) = ways.pop_front() {
        for known in level.get(way[way.len() - 1])?.keys() {
            let longer = [way.as_slice(), &[known]].concat();
            if known == module {
                return Some(longer);
            }
            if level.contains_key(known) && seen.insert(known) {
                ways.push_back(longer);
            }
        }
    }
    None
}

/// The module that `path`, written in `module`, leads to; `None` outside of the crate.
fn resolve(sources: &Sources, module: &Name, path: &[String], depth: usize) -> Option<Name> {
    let mut place = module.clone();
    let mut path = path.iter().peekable();
    match path.peek()?.as_str() {
        "crate" => place.clear(),
        "self" | "super" => {}
        name => {
            // A path of an import: a module inside this one, or another crate.
            let inside = [module.as_slice(), &[name.to_owned()]].concat();
            sources.contains_key(&inside).then_some(())?;
        }
    }
    for part in path {
        let inside = [place.as_slice(), std::slice::from_ref(part)].concat();
        match part.as_str() {
            "crate" | "self" => {}
            "super" => drop(place.pop()),
            _ if sources.contains_key(&inside) => place = inside,
            name => {
                // Past a few steps, names lead to each other.
                let from = (depth < 5).then(|| imported(sources, &place, name, depth + 1));
                return from.flatten().or(Some(place));
            }
        }
    }
    Some(place)
}

/// The module that `name`, imported or re-exported by `module`, comes from.
fn imported(sources: &Sources, module: &Name, name: &str, depth: usize) -> Option<Name> {
    let named = |path: &Vec<String>| path.len() > 1 && path.last().is_some_and(|last| last == name);
    let path = paths(sources.get(module)?).into_iter().find(named)?;
    resolve(sources, module, &path, depth)
}
