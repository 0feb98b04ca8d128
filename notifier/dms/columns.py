"""The fields of each kind of file and the names dealerships give them, in Chinese and English. Data only.

Traditional characters are read as simplified ones (see headers.py), so each name is listed once. docs/import.md shows
the same list to staff.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

__all__ = ["CUSTOMERS", "KINDS", "RENEWALS", "VISITS", "Kind"]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of file: its fields with their names, and the fields without which it says nothing."""

    name: str
    required: tuple[str, ...]
    aliases: Mapping[str, tuple[str, ...]]


def _fields(**names: str) -> Mapping[str, tuple[str, ...]]:
    return MappingProxyType({field: tuple(text.split(", ")) for field, text in names.items()})


_VIN = (
    "vin, vin码, vin号, 车架号, 车架号码, 底盘号, 车辆识别码, 车辆识别代号, 车身号码, chassis no, "
    "chassis number, frame no"
)

_CUSTOMERS_FIELDS = _fields(
    number=(
        "customer no, customer number, customer id, customer code, client no, 客户编号, 客户号, 客户代码, 客户编码, "
        "车主编号, 客户id, 档案号, 客户档案号"
    ),
    name=(
        "name, customer name, owner, owner name, full name, 客户姓名, 姓名, 车主, 车主姓名, 客户名称, 名称, "
        "车主名称, 客户"
    ),
    sex="sex, gender, 性别, 称谓",
    phone=(
        "phone, mobile, mobile phone, phone number, mobile no, mobile number, cell, cell phone, tel, telephone, "
        "手机, 手机号, 手机号码, 电话, 电话号码, 联系电话, 移动电话, 车主手机, 车主电话, 客户电话, 客户手机, "
        "联系方式, 联系手机, 行动电话"
    ),
    birthday="birthday, birth date, date of birth, dob, 生日, 出生日期, 出生年月, 出生年月日, 客户生日, 车主生日",
    language="language, 语言, 沟通语言",
    district="district, area, region, 区域, 地区, 区县, 所在区域, 所属区域, 城区, 行政区",
    plate=(
        "plate, plate no, plate number, license plate, licence plate, registration, registration no, 车牌, 车牌号, "
        "车牌号码, 牌照, 牌照号, 牌照号码, 号牌"
    ),
    vin=_VIN,
    model="model, vehicle model, car model, 车型, 车系, 车辆型号, 车型名称, 车款",
    delivered_on=(
        "delivered on, delivery date, date of delivery, delivered, sold on, sale date, purchase date, 交车日期, "
        "交车日, 交车时间, 购车日期, 购车时间, 销售日期, 提车日期, 交付日期, 出库日期"
    ),
    insurance_ends_on=(
        "insurance ends on, insurance end, insurance end date, insurance expiry, insurance expires, policy end, "
        "保险到期, 保险到期日, 保险到期日期, 车险到期, 车险到期日, 保险止期, 商业险到期日, 交强险到期日, 保险终止日期"
    ),
    inspection_ends_on=(
        "inspection ends on, inspection end, inspection end date, inspection due, inspection expiry, 年审到期, "
        "年审到期日, 年审日期, 年检到期, 年检到期日, 年检日期, 年审到期日期, 验车到期日"
    ),
    loan_ends_on=(
        "loan ends on, loan end, loan end date, 按揭到期, 按揭到期日, 贷款到期, 贷款到期日, 按揭结束日期, "
        "贷款结束日期, 按揭到期日期"
    ),
    warranty_ends_on=(
        "warranty ends on, warranty end, warranty end date, warranty expiry, 质保到期, 质保到期日, 保修到期, "
        "保修到期日, 三包到期日, 质保到期日期"
    ),
    member_level="member level, membership, membership level, 会员等级, 会员级别, 会员, 客户等级, 会员卡等级",
    points="points, member points, 积分, 会员积分, 积分余额",
    points_end_on="points end on, points end, points expiry, 积分到期, 积分到期日, 积分有效期",
    state="state, vehicle state, vehicle status, car status, status, 车辆状态, 状态, 车辆性质, 用途",
    consent=(
        "consent, marketing, marketing consent, opt in, 营销同意, 同意营销, 是否同意营销, 是否接收营销短信, "
        "是否接收短信, 接收短信, 营销许可, 同意接收营销信息"
    ),
    consent_since=(
        "consent since, consent date, marketing consent since, marketing since, 同意日期, 同意时间, 营销同意日期, "
        "授权日期, 营销同意时间"
    ),
    consent_source=(
        "consent source, marketing consent source, marketing source, 同意来源, 同意方式, 授权来源, 营销同意来源"
    ),
)
CUSTOMERS = Kind("customers", ("vin", "phone"), _CUSTOMERS_FIELDS)
"""One row a vehicle with its owner."""

_VISITS_FIELDS = _fields(
    order_no=(
        "order no, order number, order id, repair order, repair order no, repair order number, ro no, ro number, ro, "
        "job no, 工单, 工单号, 工单编号, 维修单号, 委托书号, 结算单号, 单号, 维修工单号, 派工单号, 施工单号, 工单号码"
    ),
    vin=_VIN,
    date_in=(
        "date in, visit date, date, service date, opened, opened on, check in, 进厂日期, 进厂时间, 来厂日期, "
        "来厂时间, 入厂日期, 入厂时间, 开单日期, 开单时间, 维修日期, 到店日期, 进店日期, 接车日期, 接车时间"
    ),
    odometer=(
        "odometer, mileage, km, kilometers, kilometres, odometer km, 里程, 里程数, 行驶里程, 进厂里程, 公里数, "
        "表显里程, 当前里程, 来厂里程, 里程表读数"
    ),
    category=(
        "category, repair type, service type, order type, job type, type, 类别, 维修类别, 维修类型, 业务类型, "
        "工单类型, 服务类型, 业务类别, 修理类别, 维修种类, 工单类别"
    ),
    amount=(
        "amount, total, total amount, invoice amount, revenue, 金额, 总金额, 结算金额, 应收金额, 实收金额, 产值, "
        "维修金额, 工单金额, 合计金额, 费用"
    ),
    advisor=("advisor, adviser, service advisor, service adviser, sa, 服务顾问, 接待, 接待员, 顾问, 服务专员, 接车人"),
    coupon=(
        "coupon, coupon code, coupon no, voucher, voucher code, 优惠券, 券码, 优惠券码, 优惠券号, 卡券号, 代金券号, "
        "卡券"
    ),
)
VISITS = Kind("visits", ("order_no", "vin", "date_in"), _VISITS_FIELDS)
"""One row a repair order."""

_RENEWALS_FIELDS = _fields(
    policy_no="policy no, policy number, policy, policy id, 保单号, 保单号码, 保险单号, 保单编号, 商业险保单号",
    vin=_VIN,
    insurer="insurer, insurance company, company, 保险公司, 承保公司, 投保公司, 保险公司名称",
    starts_on=(
        "starts on, start, start date, policy start, valid from, 起保日期, 生效日期, 保险起期, 起期, 保险开始日期, "
        "起保日, 保险起始日期, 开始日期"
    ),
    ends_on=(
        "ends on, end, end date, policy end, expiry, expiry date, valid to, 终保日期, 到期日, 到期日期, 保险到期日, "
        "保险到期日期, 失效日期, 保险止期, 止期, 保险结束日期, 终保日, 保险终止日期, 结束日期, 保险到期"
    ),
    issued_on=(
        "issued on, issue date, issued, written on, signed on, 出单日期, 签单日期, 投保日期, 承保日期, 出单时间, "
        "签单时间, 续保日期"
    ),
    premium="premium, premium amount, total premium, 保费, 保险费, 保费金额, 总保费, 保费合计, 实收保费",
    commission="commission, 佣金, 手续费, 代理费, 佣金金额, 返佣",
)
RENEWALS = Kind("renewals", ("policy_no", "vin", "ends_on"), _RENEWALS_FIELDS)
"""One row a policy."""

KINDS: Mapping[str, Kind] = MappingProxyType({kind.name: kind for kind in (CUSTOMERS, VISITS, RENEWALS)})
