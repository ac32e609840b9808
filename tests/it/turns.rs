//! Queues in which channels take turns.

use model::time::Instant;
use tributary::turns::{self, Item, Receiver, Room, Sender};

fn item(what: u32) -> Item<u32> {
    Item { bytes: 1, since: Instant(i64::from(what)), what }
}

fn queue(items: usize) -> (Sender<&'static str, u32>, Receiver<&'static str, u32>) {
    turns::queue(Room { items, bytes: 1000 })
}

#[tokio::test]
async fn everybody_has_a_turn_and_each_in_its_own_order() {
    let (queue, mut inbox) = queue(100);
    for n in 0..5 {
        queue.offer("flood", item(n)).expect("room");
    }
    queue.offer("quiet", item(10)).expect("room");
    queue.offer("quiet", item(11)).expect("room");
    assert_eq!(queue.oldest(), Some(Instant(0)));
    drop(queue);
    let mut seen = Vec::new();
    while let Some((who, item)) = inbox.recv().await {
        seen.push((who, item.what));
    }
    let wanted = [("flood", 0), ("quiet", 10), ("flood", 1), ("quiet", 11), ("flood", 2), ("flood", 3), ("flood", 4)];
    assert_eq!(seen, wanted);
}

#[test]
fn whoever_floods_leaves_as_much_room_as_it_has() {
    let (queue, _inbox) = queue(12);
    let flood = |who| (0..100).take_while(|n| queue.offer(who, item(*n)).is_ok()).count();
    assert_eq!(flood("first"), 6, "half of it alone");
    assert_eq!(flood("second"), 3, "half of what is left");
    assert_eq!(flood("third"), 2);
    assert!(queue.offer("quiet", item(0)).is_ok(), "and whoever comes next still finds room");
    let (queue, _inbox) = turns::queue::<_, u32>(Room { items: 100, bytes: 10 });
    let heavy = |bytes| Item { bytes, ..item(0) };
    assert!(queue.offer("one", heavy(50)).is_ok(), "what is larger than all the room goes through alone");
    assert!(queue.offer("two", heavy(1)).is_err());
}

#[tokio::test]
async fn those_who_wait_have_their_place_before_newcomers() {
    let (queue, mut inbox) = queue(2);
    queue.offer("one", item(1)).expect("room");
    let late = tokio::spawn({
        let queue = queue.clone();
        async move { queue.bring("one", item(2)).await }
    });
    tokio::task::yield_now().await;
    assert!(queue.offer("one", item(3)).is_err(), "no room");
    assert_eq!(inbox.recv().await.map(|(_, item)| item.what), Some(1));
    assert!(queue.offer("one", item(3)).is_err(), "the room is for whoever waits");
    assert!(late.await.expect("brought"));
    assert_eq!(inbox.recv().await.map(|(_, item)| item.what), Some(2));
    let waiting = tokio::spawn(async move {
        queue.offer("one", item(4)).expect("room");
        queue.bring("one", item(5)).await
    });
    tokio::task::yield_now().await;
    drop(inbox);
    assert!(!waiting.await.expect("an end"), "nobody waits for a reader that is gone");
}
