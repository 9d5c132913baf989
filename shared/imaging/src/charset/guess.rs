//! Which character set texts are really in, when the declared one gives no words. Scanners claim `ISO_IR 100`, or nothing,
//! and write the set of their country.

use encoding_rs::{BIG5, EUC_JP, EUC_KR, Encoding, GB18030, SHIFT_JIS, UTF_8};

/// Sets looked at; of two that fit equally well the earlier one counts.
const CANDIDATES: [&Encoding; 5] = [GB18030, BIG5, EUC_KR, SHIFT_JIS, EUC_JP];

/// How much a character a guess has to earn on average: a little more than any Chinese one.
const LEAST: f64 = 0.5;

/// Characters of names, bodies and hospitals, by which short texts are told apart: pairs of bytes that are common in one set are
/// rare or nothing in the others.
const SIMPLIFIED: &str = "\
    王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟\
    汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文欧阳诸葛司小明华国建军平\
    志伟东海强晓生光红丽芳英玉兰春梅秀娟敏静洁雪琴艳丹勇杰超磊涛浩宇轩子涵一三丰测试患者病人男女年月日岁胸部腹头颅颈\
    腰椎骨盆膝关节肩髋肘腕踝手足正侧位左右双扫增冠状矢横轴断层血管造影检查医院放射科门诊住急声彩心脏肝胆脾胰肾肺乳腺\
    前列甲内外像中央大学民第二附属省市县区儿童妇幼口腔全景庞樊殷施陶洪翟安颜倪严牛温芦季俞章鲁伍韦申尤毕聂丛焦向柳邢\
    岳齐沿莫庄辛祝涂谷祁时舒耿牟卜路詹苗凌费纪靳盛甄项曲成游裴席卫屈鲍覃霍翁隋植甘薄单包柏宁柯阮桂闵解柴车冉房边娜洋\
    霞刚萍玲芬燕彬凤琳素云莲真环荣爱妹香莺媛瑞凡佳嘉琼勤珍贞莉娅琦晶妍茜秋珊莎锦黛青倩婷姣婉娴瑾颖露瑶怡婵雁蓓纨仪荷\
    蓉眉君蕊薇菁梦岚苑婕馨瑗琰韵融园艺咏卿聪澜纯毓悦昭冰爽琬茗羽希欣飘育滢馥筠柔竹霭凝欢霄枫芸菲寒伊亚宜可姬荔枝思博\
    梓豪俊奕辰铭泽睿鑫昊霖";
const TRADITIONAL: &str = "\
    王李張劉陳楊趙黃周吳徐孫胡朱高林何郭馬羅梁宋鄭謝韓唐馮于董蕭程曹袁鄧許傅沈曾彭呂蘇盧蔣蔡賈丁魏薛葉閻余潘杜戴夏鍾\
    汪田任姜范方石姚譚廖鄒熊金陸郝孔白崔康毛邱秦江史顧侯邵孟龍萬段雷錢湯尹黎易常武喬賀賴龔文歐陽諸葛司小大明華國建軍\
    平志偉東海強曉生光紅麗芳英玉蘭春梅秀娟敏靜潔雪琴豔丹勇傑超濤浩宇軒子涵一三豐測試患者病人男女年月日歲胸部腹頭顱頸\
    腰椎骨盆膝關節肩髖肘腕踝手足正側位左右雙掃增冠狀矢橫軸斷層血管造影檢查醫院放射科門診住急音波彩心臟肝膽脾胰腎肺乳\
    房腺前列甲內外像台北市立學榮民總長庚淑惠美玲雅婷怡君家豪俊宏庞樊殷施陶洪翟安顏倪嚴牛溫蘆季俞章魯伍韋申尤畢聶叢焦\
    向柳邢岳齊莫莊辛祝涂谷祁時舒耿牟卜路詹苗凌費紀靳盛童甄項曲成游裴席衛屈鮑覃霍翁隋植甘景薄單包柏寧柯阮桂閔解柴車冉\
    邊姣儀荷薇菁夢嵐苑琰韻融園藝詠卿聰瀾純毓悅昭冰爽茗羽希欣飄育瀅柔竹凝歡楓芸菲寒伊亞宜可姬荔枝思博梓奕辰銘澤睿鑫昊\
    霖娜磊洋霞剛萍芬燕彬鳳琳素雲蓮真環愛妹香瑞凡佳嘉瓊勤珍貞莉晶妍秋珊錦青倩婉嫻瑾穎露瑤蓉馨宗翰承恩品";
const KOREAN: &str = "\
    김이박최정강조윤장임한오서신권황안송류전홍유고문양손배백허남심노하곽성차주우구민진지나수영철호준현미은희경숙순자\
    옥길동훈석태상재기대원선연혜인용규범식도검사환병흉부복두척추골반슬관절무릎어깨목발좌측면위촬의학과외내교울아산가\
    톨릭엄채천방공함변염여소설마표명라왕금육맹제모탁국편시예건보춘말헌승";
const JAPANESE: &str = "\
    田中山本佐藤鈴木高橋伊渡辺小林加吉村井上松清水野川口島石岡斎崎森池阿部原大久保長谷近後坂青西福太郎一二三子美花健\
    明正和夫雄男恵由紀真樹翔悠斗結衣優検査胸腹頭頚腰椎骨盤膝関節肩股手足側面左右造影単純撮病院放射線科内外心臓肝胆膵\
    腎肺乳東京都立市民医学附属千葉";

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

/// Whether all texts are UTF-8. Three bytes a character fit by accident only in damaged texts; two do in Chinese names of one or
/// two characters, but hardly as letters of one alphabet.
pub(super) fn is_utf_8(texts: &[&[u8]]) -> bool {
    texts.iter().all(|text| {
        let Ok(text) = std::str::from_utf8(text) else {
            return false;
        };
        let mut short = text.chars().filter(|c| ('\u{80}'..'\u{800}').contains(c));
        let alphabet = short.clone().next().map(alphabet);
        short.all(|c| Some(self::alphabet(c)) == alphabet && self::alphabet(c).is_some())
    })
}

/// Which alphabet a character of two bytes in UTF-8 is of: Latin with its signs, Greek, Cyrillic, Hebrew or Arabic.
fn alphabet(character: char) -> Option<u8> {
    match character {
        '\u{A0}'..='\u{24F}' => Some(0),
        '\u{386}'..='\u{3CE}' => Some(1),
        '\u{400}'..='\u{45F}' => Some(2),
        '\u{5D0}'..='\u{5EA}' => Some(3),
        '\u{60C}'..='\u{669}' => Some(4),
        _ => None,
    }
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
                // Korean names are written in these only beside the Korean alphabet.
                _ => return 0.0,
            };
            if is_common { 1.0 } else { 0.4 }
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
            (
                UTF_8,
                &["张三丰", "Müller", "홍길동", "Иванов^Пётр", "90° Ø2"],
            ),
            // Valid UTF-8 by accident.
            (GB18030, &["谭颖", "陆毓", "薛雪", "涂园"]),
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
