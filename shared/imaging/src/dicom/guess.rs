//! Which character set texts are really in, when the declared one gives no words. Scanners claim `ISO_IR 100`, or nothing,
//! and write the set of their country.

use encoding_rs::{BIG5, EUC_JP, EUC_KR, Encoding, GB18030, SHIFT_JIS, UTF_8};

/// Sets looked at; of two that fit equally well the earlier one counts.
const CANDIDATES: [&Encoding; 5] = [GB18030, BIG5, EUC_KR, SHIFT_JIS, EUC_JP];

/// How much a character a guess has to earn on average: as much as one that is in the common half of its set.
const LEAST: f64 = 0.75;

/// Characters of names, bodies and hospitals, by which short texts are told apart: pairs of bytes that are common in one set are
/// rare or nothing in the others.
const SIMPLIFIED: &str = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文欧阳诸葛司小明华国建军平志伟东海强晓生光红丽芳英玉兰春梅秀娟敏静洁雪琴艳丹勇杰超磊涛浩宇轩子涵一三丰测试患者病人男女年月日岁胸部腹头颅颈腰椎骨盆膝关节肩髋肘腕踝手足正侧位左右双平扫增强冠状矢横轴断层血管造影检查医院放射科门诊住院急诊超声彩心脏肝胆脾胰肾肺乳腺前列甲状内外影像中央大学人民第二附属省市县区儿童妇幼口腔全景";
const TRADITIONAL: &str = "王李張劉陳楊趙黃周吳徐孫胡朱高林何郭馬羅梁宋鄭謝韓唐馮于董蕭程曹袁鄧許傅沈曾彭呂蘇盧蔣蔡賈丁魏薛葉閻余潘杜戴夏鍾汪田任姜范方石姚譚廖鄒熊金陸郝孔白崔康毛邱秦江史顧侯邵孟龍萬段雷錢湯尹黎易常武喬賀賴龔文歐陽諸葛司小大明華國建軍平志偉東海強曉生光紅麗芳英玉蘭春梅秀娟敏靜潔雪琴豔丹勇傑超濤浩宇軒子涵一三豐測試患者病人男女年月日歲胸部腹頭顱頸腰椎骨盆膝關節肩髖肘腕踝手足正側位左右雙平掃增強冠狀矢橫軸斷層血管造影檢查醫院放射科門診住院急診超音波彩心臟肝膽脾胰腎肺乳房腺前列甲狀內外像台北市立學榮民總長庚淑惠美玲雅婷怡君家豪俊宏";
const KOREAN: &str = "김이박최정강조윤장임한오서신권황안송류전홍유고문양손배백허남심노하곽성차주우구민진지나수영철호준현미은희경숙순자옥길동훈석태상재기대원선연혜인용규범식도검사환자병흉부복두척추골반슬관절무릎어깨목발좌측면위촬의학과외내교울아산가톨릭";
const JAPANESE: &str = "田中山本佐藤鈴木高橋伊渡辺小林加吉村井上松清水野川口島石岡斎崎森池阿部原大久保長谷近後坂青西福太郎一二三子美花健明正和夫雄男恵由紀真樹翔悠斗結衣優検査胸腹頭頚腰椎骨盤膝関節肩股手足側面左右造影単純撮病院放射線科内外心臓肝胆膵腎肺乳東京都立市民医学附属千葉";

/// The set in which all `texts` are words, best that of `expected`; `None` when no set gives any.
pub(super) fn best(
    texts: &[&[u8]],
    expected: Option<&'static Encoding>,
) -> Option<&'static Encoding> {
    if is_utf_8(texts) {
        return Some(UTF_8);
    }
    let expected = expected.filter(|encoding| score(texts, encoding).is_some_and(|s| s > 0.0));
    let scored = CANDIDATES
        .into_iter()
        .filter_map(|encoding| Some((encoding, score(texts, encoding)?)))
        .filter(|(_, score)| *score >= LEAST);
    // The last of equals is the maximum.
    let best = scored.rev().max_by(|a, b| a.1.total_cmp(&b.1));
    expected.or(best.map(|(encoding, _)| encoding))
}

/// Whether all texts are UTF-8. Other sets give that by accident only in a word or two.
pub(super) fn is_utf_8(texts: &[&[u8]]) -> bool {
    texts.iter().all(|text| std::str::from_utf8(text).is_ok())
}

/// Whether a text is one of a Latin alphabet: letters that are not ASCII stand among letters that are, and no word is made of
/// them and of signs.
pub(super) fn is_latin(bytes: &[u8], encoding: &'static Encoding) -> bool {
    let Some(text) = encoding.decode_without_bom_handling_and_without_replacement(bytes) else {
        return false;
    };
    text.split(|c: char| c.is_ascii() && !c.is_ascii_alphabetic())
        .all(|word| {
            let special = word.chars().filter(|c| !c.is_ascii());
            let (count, letters) = (
                special.clone().count(),
                special.filter(|c| c.is_alphabetic()),
            );
            let plain = word.chars().filter(char::is_ascii).count();
            count <= 1 || letters.count() == count && plain >= count
        })
}

/// What the characters of `texts` earn on average in `encoding`; `None` when bytes are left over.
fn score(texts: &[&[u8]], encoding: &'static Encoding) -> Option<f64> {
    let (mut sum, mut count) = (0.0, 0.0);
    for text in texts {
        let text = encoding.decode_without_bom_handling_and_without_replacement(text)?;
        for character in text.chars().filter(|c| !c.is_ascii()) {
            // Half a pair of bytes.
            let share = if matches!(character, '\u{FF61}'..='\u{FF9F}') {
                0.5
            } else {
                1.0
            };
            sum += share * worth(character, encoding);
            count += share;
        }
    }
    (count > 0.0).then(|| sum / count)
}

/// What one character says for `encoding`.
fn worth(character: char, encoding: &'static Encoding) -> f64 {
    let frequent = match encoding {
        _ if encoding == GB18030 => SIMPLIFIED,
        _ if encoding == BIG5 => TRADITIONAL,
        _ if encoding == EUC_KR => KOREAN,
        _ => JAPANESE,
    };
    let is_japanese = frequent == JAPANESE;
    match character {
        _ if frequent.contains(character) => 3.0,
        '\u{AC00}'..='\u{D7A3}' => 1.0,
        '\u{3041}'..='\u{30FE}' if is_japanese => 2.0,
        '\u{FF61}'..='\u{FF9F}' if is_japanese => 0.8,
        // Chinese characters: the common ones come first in every set but the Korean one, where all are rare.
        '\u{3400}'..='\u{9FFF}' => {
            let text = character.to_string();
            let first = encoding
                .encode(&text)
                .0
                .first()
                .copied()
                .unwrap_or_default();
            let is_common = match encoding {
                _ if encoding == GB18030 => (0xB0..=0xD7).contains(&first),
                _ if encoding == BIG5 => (0xA4..=0xC6).contains(&first),
                _ if encoding == SHIFT_JIS => (0x88..=0x97).contains(&first),
                _ if encoding == EUC_JP => (0xB0..=0xCF).contains(&first),
                _ => false,
            };
            if is_common { 1.0 } else { -0.5 }
        }
        // Full-width letters and digits, spaces and stops.
        '\u{FF01}'..='\u{FF5E}' | '\u{3000}'..='\u{3002}' => 0.5,
        _ => -2.0,
    }
}

#[cfg(test)]
mod tests {
    use encoding_rs::WINDOWS_1252;

    use super::*;

    fn guessed(texts: &[&str], encoding: &'static Encoding) -> Option<&'static Encoding> {
        let bytes: Vec<Vec<u8>> = texts
            .iter()
            .map(|text| encoding.encode(text).0.into_owned())
            .collect();
        let bytes: Vec<&[u8]> = bytes.iter().map(Vec::as_slice).collect();
        best(&bytes, None)
    }

    #[test]
    fn names_are_read_in_the_set_of_their_country() {
        for (encoding, names) in [
            (
                GB18030,
                &[
                    "张三丰^测试",
                    "王小东",
                    "欧阳娜娜",
                    "李伟",
                    "诸葛亮",
                    "刘德华",
                    "胸部正侧位",
                ][..],
            ),
            (
                BIG5,
                &[
                    "王小明",
                    "張學友",
                    "林淑惠",
                    "陳怡君",
                    "胸部X光檢查",
                    "歐陽菲菲",
                ],
            ),
            (
                EUC_KR,
                &["홍^길동", "김철수", "이영희", "박지성", "흉부 촬영"],
            ),
            (
                SHIFT_JIS,
                &[
                    "山田^太郎",
                    "鈴木 一朗",
                    "やまだ たろう",
                    "ヤマダ^タロウ",
                    "胸部正面",
                ],
            ),
            (UTF_8, &["张三丰", "Müller", "홍길동"]),
        ] {
            for name in names {
                let found = guessed(&[name], encoding);
                assert_eq!(found.map(Encoding::name), Some(encoding.name()), "{name}");
            }
        }
    }

    #[test]
    fn words_of_latin_alphabets_stay() {
        for word in [
            "Müller",
            "Jérôme",
            "CRÉÉE",
            "Ødegård",
            "Ünal",
            "Straße",
            "90° 2 m²",
            "Ångström",
        ] {
            let bytes = WINDOWS_1252.encode(word).0;
            assert!(is_latin(&bytes, WINDOWS_1252), "{word}");
        }
        for (word, encoding) in [
            ("张三丰", GB18030),
            ("王小明", BIG5),
            ("홍길동", EUC_KR),
            ("山田太郎", SHIFT_JIS),
        ] {
            let bytes = encoding.encode(word).0;
            assert!(!is_latin(&bytes, WINDOWS_1252), "{word}");
        }
    }

    #[test]
    fn what_is_a_word_in_no_set_is_not_guessed() {
        assert_eq!(best(&[b"\xa3\xf3d\xbc"], None), None);
        assert_eq!(best(&[b"\xff\xfe\xfd"], None), None);
    }
}
