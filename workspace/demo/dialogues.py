"""What customers and staff of the demo's shop say to each other.

`<` is the customer, `>` the member; `[photo]` sends a picture with the line after it. Words in braces are
filled in: product, price, branch, day, name.
"""

from __future__ import annotations

from dataclasses import dataclass

from workspace.demo.words import EN, ZH


@dataclass(frozen=True)
class Line:
    inbound: bool
    text: str
    photo: bool = False


def _lines(script: str) -> tuple[Line, ...]:
    lines = []
    for row in script.strip().splitlines():
        mark, text = row[0], row[2:]
        lines.append(Line(mark == "<", text.removeprefix("[photo]").strip(), text.startswith("[photo]")))
    return tuple(lines)


FIRST: dict[str, tuple[tuple[Line, ...], ...]] = {
    EN: tuple(
        map(
            _lines,
            (
                """< Hi! Is the {product} still in stock at {branch}?
> Hi {name}, yes, three left. Shall I put one aside for you?
< Yes please, I can come on {day}.
> Done, it is held under your name until {day} 8 pm. See you then!
< Perfect, thank you 🙏""",
                """< Hello, I ordered the {product} last week and it has not arrived
> Sorry about the wait, {name}. May I have the order number?
< LM-20418
> Thank you. The courier tried yesterday at 3 pm and nobody was in. They come again on {day}, between 10 and 1.
< Ah, I was in the office. {day} works
> I have added your mobile number to the label so that they call first.""",
                """< [photo] Saw this in your window, what is it called?
> That is our {product}! It is {price}, and members get 10% off this month.
< Do you have it in another colour?
> [photo] Also in sand and in forest green. This is the sand one in daylight.
< Love it. I'll drop by {branch} after work""",
                """< Can I exchange a gift without the receipt?
> Of course, within 30 days and unused. Which item is it?
< The {product}, it was a birthday present
> No problem. Bring it to {branch}; I will leave a note for my colleagues with your name.
< You are the best 😊""",
                """< Do you deliver to Discovery Bay?
> We do, every Tuesday and Friday. Delivery is free above HK$800.
< Great. One {product} and two candles then
> That comes to a little over {price}. I'll send you the payment link in a minute.
< Paid!
> Received, thank you {name}. You'll get a message when it leaves the warehouse.""",
                """< [photo] It arrived with a small crack 😢
> Oh no, I am so sorry. We will replace it. Would you rather pick it up or have it sent?
< Sent please, same address
> A new {product} leaves today. Please keep the broken one, no need to return it.""",
                """< We are opening a small cafe and need 40 mugs. Any business price?
> Congratulations! From 24 pieces it is 15% off, from 36 it is 20%.
< Could I see a sample first?
> Sure, I can have one at {branch} on {day}. Who shall I keep it for?
< For me, {name}. Thanks!""",
                """< What are your opening hours on {day}?
> 11 am to 9 pm at {branch}, {name}. The workshop upstairs starts at 2.
< Are there still places in the workshop?
> Two left. Shall I book one?
< Both please, I'm bringing my sister""",
            ),
        )
    ),
    ZH: tuple(
        map(
            _lines,
            (
                """< 你好，請問{branch}還有{product}嗎？
> {name}您好，還有三件喔！需要先幫您保留嗎？
< 好，麻煩留一件，我{day}過去拿
> 已經幫您保留到{day}晚上八點，到店報姓名就可以囉。
< 太好了，謝謝你🙏""",
                """< 不好意思，上禮拜訂的{product}還沒收到
> 很抱歉讓您久等了，方便提供訂單編號嗎？
< LM-20573
> 查到了，昨天下午配送時沒有人簽收，{day}早上十點到一點會再送一次。
< 昨天剛好出門，{day}可以
> 好的，已請物流先打電話給您。""",
                """< [photo] 在櫥窗看到這個，請問是哪一款？
> 這是我們的{product}，售價 {price}，會員這個月還有九折。
< 有其他顏色嗎？
> [photo] 還有沙色跟墨綠色，這張是沙色在自然光下的樣子。
< 好美！下班去{branch}看看""",
                """< 請問沒有發票可以換貨嗎？是朋友送的禮物
> 三十天內、未使用都可以換喔，請問是哪一樣商品？
< {product}
> 沒問題，帶到{branch}就可以，我先幫您跟同事說一聲。
< 謝謝，你們服務真好😊""",
                """< 請問有送到離島嗎？
> 有的，每週二、週五出貨，滿額免運。
< 那我要一個{product}，再兩個蠟燭
> 好的，稍後傳付款連結給您，連同運費大約 {price} 出頭。
< 付好了！
> 收到，謝謝{name}，出貨時會再通知您。""",
                """< [photo] 收到的時候有一點裂痕😢
> 真的非常抱歉！我們補寄一個新的給您，要寄到府上還是門市取貨？
< 寄到家裡，地址一樣
> 新的{product}今天就會寄出，有裂痕的不用寄回，謝謝您告訴我們。""",
                """< 公司想訂三十份禮盒，可以開統編嗎？
> 可以的！三十份以上有八五折，也可以印公司的卡片。
< 可以先看樣品嗎？
> {day}我把樣品放在{branch}，報您的大名就能看。
< 好，到時候過去""",
                """< {day}營業到幾點？
> {branch}十一點到晚上九點，二樓的花藝課兩點開始。
< 花藝課還有名額嗎？
> 剩兩位，要幫您報名嗎？
< 兩位都要，跟我姊姊一起""",
            ),
        )
    ),
}

LATEST: dict[str, tuple[tuple[Line, ...], ...]] = {
    EN: tuple(
        map(
            _lines,
            (
                "< Hi again, is the {product} back in stock?",
                "< Thank you for {day}, everyone at {branch} was lovely ☺️\n> That makes our day, {name}. See you soon!",
                "< Could you hold one {product} for me until {day}?\n> Done! It waits at {branch}.\n< 👍",
                "< Is there a discount if I take two?\n> For two of the {product}: 8% off, I can prepare them today.\n"
                "< Let me ask my husband and come back to you",
                "< [photo] Does this match the {product} you showed me?",
                "< What does shipping to Macau cost?\n> HK$60, or free above HK$800.\n< Ok, adding a candle then 😄",
                "< Any news on my repair?\n> It came back this morning, {name}. Pick it up any day at {branch}.",
                "< Do you gift-wrap?\n> We do, in linen or paper, free of charge.\n< Linen please!",
                "< Just saw your window at {branch}, gorgeous! Is that the {product}?\n> It is, {name}. New this week.",
                "< Is {price} the member price?\n> With your membership it is 10% less.",
                "< I left my umbrella at {branch}, did anyone find it? ☂️",
                "< Can I pay by card when I pick it up?\n> Of course, or by phone.\n< Great, see you {day}",
                "< Could you send the {product} to my mother instead? Same city\n> Sure, just send me her address.",
                "< How do I wash the {product}?\n> By hand, lukewarm, and let it dry flat.\n< Thanks, good to know",
                "< Sorry, running late today. Are you open until 9?\n> We are, {name}. No rush!",
                "< My friend wants one too. Two then please 😊",
            ),
        )
    ),
    ZH: tuple(
        map(
            _lines,
            (
                "< 請問{product}補貨了嗎？",
                "< 上次{branch}的店員好親切，謝謝☺️\n> 謝謝{name}的鼓勵，歡迎再來！",
                "< 可以幫我保留一個{product}到{day}嗎？\n> 沒問題，已放在{branch}。\n< 👍",
                "< 買兩個有折扣嗎？\n> 兩個{product}一起帶有九二折，今天就可以準備好。\n< 我跟家人討論一下再回覆你",
                "< [photo] 這個跟{product}放在一起好看嗎？",
                "< 寄到澳門運費多少？\n> 60 元，滿額免運喔。\n< 好，那我再加一個蠟燭😄",
                "< 請問我送修的東西好了嗎？\n> 今天早上到店了，您方便時到{branch}拿就可以。",
                "< 可以包裝成禮物嗎？\n> 可以，有亞麻布跟紙兩種，都免費。\n< 亞麻布，謝謝！",
                "< 剛經過{branch}，櫥窗好漂亮！那是{product}嗎？\n> 是的，這週剛到的新品。",
                "< {price} 是會員價嗎？\n> 加入會員再享九折喔。",
                "< 我的雨傘好像忘在{branch}了，請問有看到嗎☂️",
                "< 取貨時可以刷卡嗎？\n> 可以，行動支付也可以喔。\n< 好，{day}見",
                "< 可以改寄到我媽媽家嗎？\n> 沒問題，麻煩提供地址給我。",
                "< 請問{product}要怎麼保養？\n> 避免日曬，用乾布擦拭就可以。\n< 了解，謝謝",
                "< 今天會晚一點到，你們開到九點嗎？\n> 是的，慢慢來沒關係！",
                "< 我朋友也想要，那改成兩個😊",
            ),
        )
    ),
}

ANSWERS: dict[str, tuple[tuple[Line, ...], ...]] = {
    EN: tuple(
        map(
            _lines,
            (
                "< Yes! Please keep one for me",
                "< Is this also at {branch}?\n> It is, {name}, from Friday on.",
                "< Lovely 😍 how much is shipping?\n> Free above HK$800.",
                "< I'll come on {day}",
            ),
        )
    ),
    ZH: tuple(
        map(
            _lines,
            (
                "< 我要一個！",
                "< {branch}也有嗎？\n> 有的，星期五開始。",
                "< 好美😍 運費多少？\n> 滿額免運喔。",
                "< {day}過去看看",
            ),
        )
    ),
}
GOODBYE = {EN: _lines("< STOP"), ZH: _lines("< 停止")}
