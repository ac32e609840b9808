//! kuaidi100's states in the common set. Codes of one digit (and 8, 10-14) are states, longer ones are details of the state
//! they begin with. Source: the service's list of states, basic and extended (`resultv2=4`).

use model::port::inbound::TrackingStatus::{self, *};

/// Code, the service's own name for it, what it means to us. Each code and each name stands once.
pub const STATES: [(&str, &str, TrackingStatus); 36] = [
    ("0", "在途", InTransit),
    ("1", "揽收", PickedUp),
    ("2", "疑难", Exception),
    ("3", "签收", Delivered),
    // The sender has signed for the returned parcel.
    ("4", "退签", Returned),
    ("5", "派件", OutForDelivery),
    ("6", "退回", Returning),
    // Handed to another carrier.
    ("7", "转投", InTransit),
    ("8", "清关", Customs),
    ("10", "待清关", Customs),
    ("11", "清关中", Customs),
    ("12", "已清关", Customs),
    ("13", "清关异常", Exception),
    // The addressee refused it: it goes back, and is not back yet.
    ("14", "拒签", Returning),
    ("101", "已下单", InfoReceived),
    ("102", "待揽收", InfoReceived),
    ("103", "已揽收", PickedUp),
    ("201", "超时未签收", Exception),
    ("202", "超时未更新", Exception),
    ("203", "拒收", Exception),
    ("204", "派件异常", AttemptFailed),
    ("205", "柜或驿站超时未取", Exception),
    ("206", "无法联系", AttemptFailed),
    ("207", "超区", Exception),
    ("208", "滞留", Exception),
    ("209", "破损", Exception),
    ("210", "销单", Cancelled),
    ("301", "本人签收", Delivered),
    ("302", "派件异常后签收", Delivered),
    ("303", "代签", Delivered),
    ("304", "投柜或站签收", Delivered),
    ("401", "已销单", Cancelled),
    ("501", "投柜或驿站", AvailableForPickup),
    ("1001", "到达派件城市", InTransit),
    ("1002", "干线", InTransit),
    ("1003", "转递", InTransit),
];

/// The common state of a code, or of a state's name where no code is sent; `None` for one that is not in the list.
pub fn common(code: &str) -> Option<TrackingStatus> {
    let code = code.trim();
    let found = STATES.iter().find(|(number, name, _)| *number == code || *name == code);
    found.map(|(_, _, status)| *status)
}
