"""Chinese surnames: which are of two characters, and how the common ones are written in English texts.

The hundred and some commonest cover nearly everybody; an unknown one is never guessed.
"""

from __future__ import annotations

import re

__all__ = ["PINYIN", "in_letters", "surname_of"]


def in_letters(table: str) -> dict[str, str]:
    """A table of entries like ``陈Chen`` as characters → letters."""
    return dict(re.findall(r"([^\sA-Za-z]+)([A-Za-z]+)", table))


PINYIN = in_letters(
    """
    王Wang 李Li 张Zhang 刘Liu 陈Chen 杨Yang 赵Zhao 黄Huang 周Zhou 吴Wu 徐Xu 孙Sun 胡Hu 朱Zhu 高Gao 林Lin 何He 郭Guo
    马Ma 罗Luo 梁Liang 宋Song 郑Zheng 谢Xie 韩Han 唐Tang 冯Feng 于Yu 董Dong 萧Xiao 肖Xiao 程Cheng 曹Cao 袁Yuan 邓Deng
    许Xu 傅Fu 付Fu 沈Shen 曾Zeng 彭Peng 吕Lyu 苏Su 卢Lu 蒋Jiang 蔡Cai 贾Jia 丁Ding 魏Wei 薛Xue 叶Ye 阎Yan 闫Yan 余Yu
    潘Pan 杜Du 戴Dai 夏Xia 钟Zhong 汪Wang 田Tian 任Ren 姜Jiang 范Fan 方Fang 石Shi 姚Yao 谭Tan 廖Liao 邹Zou 熊Xiong 金Jin
    陆Lu 郝Hao 孔Kong 白Bai 崔Cui 康Kang 毛Mao 邱Qiu 秦Qin 江Jiang 史Shi 顾Gu 侯Hou 邵Shao 孟Meng 龙Long 万Wan 段Duan
    雷Lei 钱Qian 汤Tang 尹Yin 黎Li 易Yi 常Chang 武Wu 乔Qiao 贺He 赖Lai 龚Gong 文Wen 庄Zhuang 洪Hong 施Shi 柯Ke 翁Weng
    颜Yan 连Lian 涂Tu 骆Luo 温Wen 严Yan 牛Niu 倪Ni 俞Yu 章Zhang 鲁Lu 葛Ge 韦Wei 申Shen 毕Bi 聂Nie 焦Jiao 向Xiang
    柳Liu 邢Xing 齐Qi 梅Mei 莫Mo 殷Yin 纪Ji 裴Pei 童Tong 祝Zhu 阮Ruan 蓝Lan 季Ji 詹Zhan 饶Rao 欧Ou 伍Wu 关Guan
    苗Miao 陶Tao 安An 鲍Bao 樊Fan 兰Lan 左Zuo 辛Xin 管Guan

    欧阳Ouyang 司马Sima 诸葛Zhuge 上官Shangguan 皇甫Huangfu 东方Dongfang 令狐Linghu 慕容Murong 夏侯Xiahou 尉迟Yuchi
    司徒Situ 公孙Gongsun 轩辕Xuanyuan 长孙Zhangsun 端木Duanmu 宇文Yuwen 独孤Dugu 南宫Nangong 司空Sikong 东郭Dongguo
    西门Ximen 百里Baili 呼延Huyan 澹台Tantai 申屠Shentu 拓跋Tuoba 钟离Zhongli 闻人Wenren 濮阳Puyang 淳于Chunyu
    公羊Gongyang 赫连Helian 万俟Moqi
    """
)


def surname_of(name: str) -> str:
    """The surname of a Chinese name: two characters where they are a compound surname, else the first."""
    return name[:2] if name[:2] in PINYIN else name[:1]
