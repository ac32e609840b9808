//! Time zones as documents name them: the IANA name, or the name American web programs show their users (Ruby on Rails'
//! `ActiveSupport::TimeZone`, which Square's exports use).

use chrono_tz::{
    America::{
        Anchorage, Bogota, Caracas, Chicago, Chihuahua, Denver, Guatemala, Halifax, Indiana::Indianapolis, Lima,
        Los_Angeles, Mexico_City, Monterrey, New_York, Phoenix, Puerto_Rico, Regina, Sao_Paulo, St_Johns, Tijuana,
    },
    Asia::{
        Bangkok, Chongqing, Dubai, Hong_Kong, Jakarta, Jerusalem, Kolkata, Kuala_Lumpur, Seoul, Shanghai, Singapore,
        Taipei, Tokyo,
    },
    Australia::{Adelaide, Brisbane, Darwin, Hobart, Melbourne, Perth, Sydney},
    Etc::UTC,
    Europe::{
        Amsterdam, Athens, Berlin, Brussels, Bucharest, Copenhagen, Dublin, Helsinki, Istanbul, Lisbon, London, Madrid,
        Moscow, Paris, Prague, Rome, Stockholm, Vienna, Warsaw, Zurich,
    },
    Pacific::{Auckland, Guam, Honolulu, Pago_Pago},
    Tz,
};

/// Names that are no IANA names, in lower case.
const NAMES: [(&str, Tz); 66] = [
    ("adelaide", Adelaide),
    ("alaska", Anchorage),
    ("american samoa", Pago_Pago),
    ("amsterdam", Amsterdam),
    ("arizona", Phoenix),
    ("athens", Athens),
    ("atlantic time (canada)", Halifax),
    ("auckland", Auckland),
    ("bangkok", Bangkok),
    ("beijing", Shanghai),
    ("berlin", Berlin),
    ("bogota", Bogota),
    ("brasilia", Sao_Paulo),
    ("brisbane", Brisbane),
    ("brussels", Brussels),
    ("bucharest", Bucharest),
    ("caracas", Caracas),
    ("central america", Guatemala),
    ("central time (us & canada)", Chicago),
    ("chihuahua", Chihuahua),
    ("chongqing", Chongqing),
    ("copenhagen", Copenhagen),
    ("darwin", Darwin),
    ("dubai", Dubai),
    ("dublin", Dublin),
    ("eastern time (us & canada)", New_York),
    ("guam", Guam),
    ("hawaii", Honolulu),
    ("helsinki", Helsinki),
    ("hobart", Hobart),
    ("hong kong", Hong_Kong),
    ("indiana (east)", Indianapolis),
    ("istanbul", Istanbul),
    ("jakarta", Jakarta),
    ("jerusalem", Jerusalem),
    ("kuala lumpur", Kuala_Lumpur),
    ("lima", Lima),
    ("lisbon", Lisbon),
    ("london", London),
    ("madrid", Madrid),
    ("melbourne", Melbourne),
    ("mexico city", Mexico_City),
    ("monterrey", Monterrey),
    ("moscow", Moscow),
    ("mountain time (us & canada)", Denver),
    ("new delhi", Kolkata),
    ("newfoundland", St_Johns),
    ("pacific time (us & canada)", Los_Angeles),
    ("paris", Paris),
    ("perth", Perth),
    ("prague", Prague),
    ("puerto rico", Puerto_Rico),
    ("rome", Rome),
    ("saskatchewan", Regina),
    ("seoul", Seoul),
    ("singapore", Singapore),
    ("stockholm", Stockholm),
    ("sydney", Sydney),
    ("taipei", Taipei),
    ("tijuana", Tijuana),
    ("tokyo", Tokyo),
    ("utc", UTC),
    ("vienna", Vienna),
    ("warsaw", Warsaw),
    ("wellington", Auckland),
    ("zurich", Zurich),
];

/// The zone of that name. Abbreviations (`EST`, `CST`) name none: the same letters mean different zones.
pub(super) fn named(text: &str) -> Option<Tz> {
    // Most times end here.
    if text.is_empty() {
        return None;
    }
    if text.contains('/') {
        return text.parse().ok();
    }
    let name = text.to_ascii_lowercase();
    NAMES.binary_search_by(|(known, _)| (*known).cmp(name.as_str())).ok().map(|at| NAMES[at].1)
}
